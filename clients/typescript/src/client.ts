// The client: one object for everything.

import type { Client as Operations } from "openapi-fetch";
import { Connection, keyHeader, unwrap } from "./connection.js";
import { Jobs } from "./jobs.js";
import { Matters } from "./matters.js";
import { Notifications } from "./notifications.js";
import { Predictions } from "./predictions.js";
import type { RateLimit } from "./rateLimit.js";
import { Reviews } from "./reviews.js";
import type { paths } from "./schema.js";
import { DEFAULT_RETRY, Sender, type RetryPolicy } from "./sender.js";
import { ApiKey, Session, type SignIn } from "./sessions.js";
import type { Facts, Prediction, Profile, ProfileId, Shapes } from "./shapes.js";
import { Webhooks } from "./webhookSettings.js";

const BATCH_SIZE = 1000;

/** Who asks, and how patiently: an API key, or a person who signs in. */
export interface ClientOptions {
  readonly apiKey?: string;
  readonly signIn?: SignIn;
  readonly retry?: Partial<RetryPolicy>;
  /** For each attempt of a request that is not a download. */
  readonly timeoutMs?: number;
}

/** What is known of two names, the profile to compare them under, and the matter whose members alone see the result. */
export type CompareOptions = Facts & {
  readonly profile?: ProfileId;
  readonly matter?: string;
  readonly idempotencyKey?: string;
};

/** Two names, or the fields of the API. */
export type PairInput = readonly [string, string] | (Facts & { name1: string; name2: string; profile?: ProfileId });

/** A client of one server, as one user. What does nothing twice is sent again; writes have idempotency keys. */
export class Client {
  readonly predictions: Predictions;
  readonly reviews: Reviews;
  readonly jobs: Jobs;
  readonly matters: Matters;
  readonly webhooks: Webhooks;
  readonly notifications: Notifications;
  readonly #connection: Connection;

  constructor(url: string, options: ClientOptions) {
    const { apiKey, signIn, retry, timeoutMs = 60_000 } = options;
    if ((apiKey === undefined) === (signIn === undefined)) {
      throw new TypeError("Give an API key or a person who signs in, one of the two.");
    }
    const credentials = signIn === undefined ? new ApiKey(apiKey as string) : new Session(url, signIn);
    this.#connection = new Connection(url, new Sender(credentials, { ...DEFAULT_RETRY, ...retry }, timeoutMs));
    this.predictions = new Predictions(this.#connection);
    this.reviews = new Reviews(this.#connection, this.predictions);
    this.jobs = new Jobs(this.#connection);
    this.matters = new Matters(this.#connection);
    this.webhooks = new Webhooks(this.#connection);
    this.notifications = new Notifications(this.#connection);
  }

  /** Every operation of the OpenAPI document, typed, with the same retries and errors. */
  get api(): Operations<paths> {
    return this.#connection.api;
  }

  /** The allowances that the last answer told of. */
  get rateLimits(): readonly RateLimit[] {
    return this.#connection.sender.rateLimits;
  }

  /** Compare two names as they were received; act on `verdict` of what is returned. */
  async compare(name1: string, name2: string, options: CompareOptions = {}): Promise<Prediction> {
    const { idempotencyKey, ...facts } = options;
    const body = buildRequest({ ...facts, name1, name2 }, "general");
    const params = { header: keyHeader(idempotencyKey) };
    return unwrap(this.api.POST("/api/v1/compare", { body, params }));
  }

  /** Compare two names under every profile; stored nowhere, costs three requests. */
  async compareProfiles(name1: string, name2: string, facts: Facts = {}): Promise<Shapes["AllProfiles"]> {
    const body = { kind: "auto" as const, ...facts, name1, name2 };
    return unwrap(this.api.POST("/api/v1/compare/profiles", { body }));
  }

  /**
   * Yield one result for each pair, in their order: `answer`, or `error` for a pair that cannot be compared. 1,000 go
   * into a request, when they are needed.
   */
  async *compareMany(
    pairs: Iterable<PairInput>,
    { profile = "general", matter }: { readonly profile?: ProfileId; readonly matter?: string } = {},
  ): AsyncGenerator<Shapes["BatchResult"]> {
    let batch: Shapes["CompareRequest"][] = [];
    for (const pair of pairs) {
      batch.push(buildRequest(pair, profile));
      if (batch.length === BATCH_SIZE) {
        yield* await this.#compareBatch(batch, matter);
        batch = [];
      }
    }
    if (batch.length > 0) yield* await this.#compareBatch(batch, matter);
  }

  /** Return the legal regimes names can be compared under. */
  async profiles(): Promise<readonly Profile[]> {
    return (await unwrap(this.api.GET("/api/v1/profiles"))).results;
  }

  /** Return the kinds of difference there are. */
  async categories(): Promise<Shapes["Categories"]> {
    return unwrap(this.api.GET("/api/v1/categories"));
  }

  /** Return what answers now under each profile. */
  async models(): Promise<Shapes["Models"]> {
    return unwrap(this.api.GET("/api/v1/models"));
  }

  /** Return who is asking, with which role, permissions and key. */
  async me(): Promise<Shapes["Me"]> {
    return unwrap(this.api.GET("/api/v1/me"));
  }

  /** Return what your account sent from day to day (ISO 8601, UTC), by key, and what is left of its quotas. */
  async usage(days: { readonly first?: string; readonly last?: string } = {}): Promise<Shapes["Usage"]> {
    const usage = await unwrap(this.api.GET("/api/v1/usage", { params: { query: days } }));
    return usage as Shapes["Usage"]; // a text where it is asked for as CSV
  }

  async #compareBatch(pairs: Shapes["CompareRequest"][], matter: string | undefined): Promise<Shapes["BatchResult"][]> {
    const body = { pairs, profile: "general" as const, ...(matter === undefined ? {} : { matter }) };
    const options = { body, params: { header: keyHeader(undefined) } };
    return (await unwrap(this.api.POST("/api/v1/compare/batch", options))).results;
  }
}

function buildRequest(pair: PairInput, profile: ProfileId): Shapes["CompareRequest"] {
  const fields = "name1" in pair ? pair : { name1: pair[0], name2: pair[1] };
  return { kind: "auto", ...fields, profile: (fields as { profile?: string }).profile ?? profile } as Shapes["CompareRequest"];
}
