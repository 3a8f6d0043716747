// Client of the Legal Name Comparison API.

export { Client, type ClientOptions, type CompareOptions, type PairInput } from "./client.js";
export * from "./errors.js";
export { BulkJob, Jobs, type JobOptions, type JobWaitOptions, type RowChoice } from "./jobs.js";
export { Matters } from "./matters.js";
export { Notifications } from "./notifications.js";
export { Predictions, type FeedbackInput, type ReportOptions } from "./predictions.js";
export { readRateLimits, readRetryAfter, type RateLimit } from "./rateLimit.js";
export { Reviews, type AskOptions, type WaitOptions } from "./reviews.js";
export type { paths } from "./schema.js";
export type { RetryPolicy } from "./sender.js";
export type { SignIn } from "./sessions.js";
export * from "./shapes.js";
export { verifyWebhook, type HeaderFields, type WebhookMessage } from "./webhooks.js";
export { Webhooks } from "./webhookSettings.js";
