// What can go wrong, as errors: one for each way to react.

import { readRetryAfter } from "./rateLimit.js";

/** What is wrong with one field of a request, such as `identifiers1.lei`. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/** Every error of this package. */
export class LegalNamesError extends Error {
  override readonly name: string = "LegalNamesError";
}

/** The server was not reached, or did not answer, as often as it was tried. */
export class ConnectionLostError extends LegalNamesError {
  override readonly name = "ConnectionLostError";
}

/** A bulk job ended without a result; the message is the reason, `status` is `failed` or `cancelled`. */
export class JobFailedError extends LegalNamesError {
  override readonly name = "JobFailedError";

  constructor(message: string, readonly status: string) {
    super(message);
  }
}

/** A webhook message whose signature does not fit, or whose time is more than five minutes away. */
export class ForgedMessageError extends LegalNamesError {
  override readonly name = "ForgedMessageError";
}

/** The wait was longer than the caller's patience. */
export class PatienceError extends LegalNamesError {
  override readonly name = "PatienceError";
}

interface Problem {
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly FieldFault[];
  readonly request_id?: string;
}

/**
 * The server refused (RFC 9457). Branch on `status` and `code`, show `detail`, keep `requestId`. `retryAfter` is the
 * number of seconds after which the server takes the request, if it said so.
 */
export class ApiError extends LegalNamesError {
  override readonly name = "ApiError";
  readonly detail: string;
  readonly code: string;
  readonly faults: readonly FieldFault[];
  readonly requestId: string;
  readonly retryAfter: number | undefined;

  constructor(readonly status: number, problem: Problem, headers: Headers) {
    const detail = problem.detail ?? `The server answered ${status}.`;
    const faults = problem.errors ?? [];
    const named = faults.map((fault) => `${fault.field}: ${fault.message}`).join("; ");
    super([`${status} ${problem.code ?? ""}`.trim() + ":", detail, named].filter(Boolean).join(" "));
    this.detail = detail;
    this.code = problem.code ?? "";
    this.faults = faults;
    this.requestId = problem.request_id ?? headers.get("x-request-id") ?? "";
    this.retryAfter = readRetryAfter(headers);
  }

  /** Whether an idempotency key was sent with another body than the first time. */
  get isReusedKey(): boolean {
    return this.code === "idempotency_key_reused";
  }
}

/** Return the error of a refusal; a body that is no problem, as of a proxy, is left out. */
export async function buildError(response: Response): Promise<ApiError> {
  let problem: Problem = {};
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null) problem = body;
  } catch {
    // Not JSON: a proxy answered.
  }
  return new ApiError(response.status, problem, response.headers);
}
