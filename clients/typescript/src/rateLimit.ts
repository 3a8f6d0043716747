// What the server says about its limits: `RateLimit` (IETF draft), the older fields, `Retry-After`.

/**
 * How much of an allowance is left: `remaining` units may be used at once; after `reset` seconds all `limit` units are
 * there again.
 */
export interface RateLimit {
  readonly policy: string;
  readonly remaining: number;
  readonly limit: number | undefined;
  readonly reset: number | undefined;
}

// One member of a structured list: a name in quotes and parameters such as ;r=50;t=30 (RFC 9651).
const MEMBER = /"((?:[^"\\]|\\.)*)"((?:\s*;\s*[a-z*][\w.*-]*(?:=(?:"(?:[^"\\]|\\.)*"|[^;,\s"]+))?)*)/g;
const PARAMETER = /;\s*([a-z*][\w.*-]*)=(\d+)/g;

/** Return the allowances an answer tells of: none, one, or several. */
export function readRateLimits(headers: Headers): RateLimit[] {
  const field = headers.get("ratelimit");
  if (field !== null) {
    const policies = new Map(readMembers(headers.get("ratelimit-policy") ?? ""));
    return readMembers(field).flatMap(([policy, values]) => {
      const remaining = values.get("r");
      if (remaining === undefined) return [];
      return [{ policy, remaining, limit: policies.get(policy)?.get("q"), reset: values.get("t") }];
    });
  }
  const remaining = readCount(headers.get("ratelimit-remaining"));
  if (remaining === undefined) return [];
  const limit = readCount(headers.get("ratelimit-limit"));
  return [{ policy: "default", remaining, limit, reset: readCount(headers.get("ratelimit-reset")) }];
}

/** Return the seconds to wait: `Retry-After`, else the reset of an allowance that is spent. */
export function readRetryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  const seconds = readCount(text);
  if (seconds !== undefined) return seconds;
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return Math.max(0, (at - Date.now()) / 1000);
  const resets = readRateLimits(headers).flatMap((limit) =>
    limit.remaining === 0 && limit.reset !== undefined ? [limit.reset] : [],
  );
  return resets.length > 0 ? Math.max(...resets) : undefined;
}

function readMembers(text: string): [string, Map<string, number>][] {
  return [...text.matchAll(MEMBER)].map((member) => {
    const parameters = [...(member[2] ?? "").matchAll(PARAMETER)];
    return [member[1] ?? "", new Map(parameters.map((pair) => [pair[1] ?? "", Number(pair[2])]))];
  });
}

function readCount(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}
