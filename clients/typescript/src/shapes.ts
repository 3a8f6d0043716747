// The shapes of requests and answers, by their names in the OpenAPI document.

import type { components, operations } from "./schema.js";

/** Every shape of the API: `Shapes["Prediction"]`. */
export type Shapes = components["schemas"];
export type Prediction = Shapes["Prediction"];
export type PredictionSummary = Shapes["PredictionSummary"];
export type PredictionReview = Shapes["PredictionReview"];
export type Problem = Shapes["Problem"];
export type Profile = Shapes["Profile"];
export type Job = Shapes["Job"];
export type JobRow = Shapes["JobRow"];
export type Document = Shapes["StoredDocument"];
export type Message = Shapes["StoredMessage"];
export type ReviewRequest = Shapes["StoredReviewRequest"];
export type Matter = Shapes["Matter"];
export type Webhook = Shapes["Endpoint"];
export type Notification = Shapes["Notification"];

/** A profile by its id; others are sent as they are, since profiles are added without a new version. */
export type ProfileId = Shapes["ProfileEnum"] | (string & {});

/** What is known of the two names beside the names. */
export type Facts = Partial<Omit<Shapes["CompareRequest"], "name1" | "name2" | "profile" | "matter">>;

/** Filters of a list of comparisons. */
export type PredictionFilters = Omit<
  NonNullable<operations["predictions"]["parameters"]["query"]>,
  "cursor" | "limit"
>;

/** A stored comparison, or its id. */
export type Identified = string | { readonly id: string };

export function readId(thing: Identified): string {
  return typeof thing === "string" ? thing : thing.id;
}
