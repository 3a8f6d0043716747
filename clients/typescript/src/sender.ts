// Every request passes here: it is signed, sent, and sent again where that does nothing twice.

import { setTimeout as sleep } from "node:timers/promises";
import { buildError, ConnectionLostError } from "./errors.js";
import { readRateLimits, readRetryAfter, type RateLimit } from "./rateLimit.js";
import type { Credentials } from "./sessions.js";

/**
 * How often and how patiently a request is sent again. `attempts` counts the first one. Waits double from `firstWait`
 * seconds with chance in them, unless the server says how long; when it says longer than `longestWait`, the refusal is
 * thrown instead.
 */
export interface RetryPolicy {
  readonly attempts: number;
  readonly firstWait: number;
  readonly longestWait: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, firstWait: 0.5, longestWait: 60 };

/** Builds the same request again for every attempt. */
export type BuildRequest = () => Request;

// The server did nothing and says so: whatever the request was, it may be sent again.
const NOTHING_DONE = new Set([429, 503, 507]);
// A proxy lost the answer: only what does nothing twice may be sent again.
const ANSWER_LOST = new Set([502, 504]);
const SAFE_METHODS = new Set(["GET", "HEAD", "DELETE"]);
// The request never left this machine.
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

type Outcome = { readonly response: Response } | { readonly failure: unknown };

/** Signs, retries, and remembers the limits that the last answer told. Logs nothing. */
export class Sender {
  rateLimits: readonly RateLimit[] = [];

  constructor(
    private readonly credentials: Credentials,
    private readonly retry: RetryPolicy,
    private readonly timeoutMs: number,
  ) {}

  /** Return the answer, read unless it is streamed. Throws ApiError or ConnectionLostError. */
  async send(build: BuildRequest, streamed = false): Promise<Response> {
    const signed = async (): Promise<BuildRequest> => {
      const header = await this.credentials.authorize((request) => this.exchange(request, false));
      return () => {
        const request = build();
        request.headers.set("Authorization", header);
        return request;
      };
    };
    let request = await signed();
    let response = await this.exchange(request, streamed);
    if (response.status === 401) {
      const refused = request().headers.get("Authorization") ?? "";
      if (await this.credentials.renew(refused, (next) => this.exchange(next, false))) {
        request = await signed();
        response = await this.exchange(request, streamed);
      }
    }
    if (!response.ok) throw await buildError(response);
    return response;
  }

  private async exchange(build: BuildRequest, streamed: boolean): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const request = build();
      const { method, headers, url } = request;
      const outcome = await this.attempt(request, streamed);
      const isRepeatable = SAFE_METHODS.has(method) || headers.has("Idempotency-Key");
      const wait = attempt < this.retry.attempts ? this.chooseWait(attempt, isRepeatable, outcome) : undefined;
      if (wait !== undefined) {
        await sleep(wait * 1000);
      } else if ("response" in outcome) {
        return outcome.response;
      } else {
        const reason = outcome.failure instanceof Error ? outcome.failure.message : "no answer";
        const message = `${new URL(url).host}: ${reason} (${attempt} attempts)`;
        throw new ConnectionLostError(message, { cause: outcome.failure });
      }
    }
  }

  private async attempt(request: Request, streamed: boolean): Promise<Outcome> {
    try {
      const signal = streamed ? undefined : AbortSignal.timeout(this.timeoutMs);
      const response = await fetch(request, signal === undefined ? {} : { signal });
      const limits = readRateLimits(response.headers);
      if (limits.length > 0) this.rateLimits = limits;
      if (streamed && response.ok) return { response };
      const body = await response.arrayBuffer();
      const { status, headers } = response;
      return { response: new Response(body.byteLength > 0 ? body : null, { status, headers }) };
    } catch (failure) {
      return { failure };
    }
  }

  /** Return the seconds to wait before the next attempt; `undefined`: sending again could do something twice. */
  private chooseWait(attempt: number, isRepeatable: boolean, outcome: Outcome): number | undefined {
    let told: number | undefined;
    if ("response" in outcome) {
      const { status, headers } = outcome.response;
      if (!NOTHING_DONE.has(status) && !(isRepeatable && ANSWER_LOST.has(status))) return undefined;
      told = readRetryAfter(headers);
    } else if (!isRepeatable && !NEVER_SENT.has(readFailureCode(outcome.failure))) {
      return undefined;
    }
    if (told !== undefined) return told <= this.retry.longestWait ? told : undefined;
    const ceiling = Math.min(this.retry.longestWait, this.retry.firstWait * 2 ** (attempt - 1));
    return ceiling * (0.5 + Math.random() / 2);
  }
}

function readFailureCode(failure: unknown): string {
  const cause: unknown = failure instanceof Error ? failure.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
}
