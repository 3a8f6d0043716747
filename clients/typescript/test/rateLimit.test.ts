// What the client reads of the limits that an answer tells, in the older fields and in the IETF draft.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readRateLimits, readRetryAfter } from "legal-names-client";

test("the older fields are read", () => {
  const headers = new Headers({ "RateLimit-Limit": "600", "RateLimit-Remaining": "599", "RateLimit-Reset": "1", "RateLimit-Policy": "600;w=60" });
  assert.deepEqual(readRateLimits(headers), [{ policy: "default", remaining: 599, limit: 600, reset: 1 }]);
});

test("the structured field is read, with several policies", () => {
  const headers = new Headers({ RateLimit: '"requests";r=50;t=30, "pairs, of batches";r=0;t=7', "RateLimit-Policy": '"requests";q=100;w=60,"pairs, of batches";q=20000;qu="pairs";w=60' });
  assert.deepEqual(readRateLimits(headers), [
    { policy: "requests", remaining: 50, limit: 100, reset: 30 },
    { policy: "pairs, of batches", remaining: 0, limit: 20000, reset: 7 },
  ]);
  assert.equal(readRetryAfter(headers), 7);
});

test("Retry-After counts first, as seconds or as a date", () => {
  assert.equal(readRetryAfter(new Headers({ "Retry-After": "12", RateLimit: '"a";r=0;t=7' })), 12);
  const soon = new Date(Date.now() + 60_000).toUTCString();
  const wait = readRetryAfter(new Headers({ "Retry-After": soon })) ?? 0;
  assert.ok(wait > 55 && wait <= 60);
});

test("nothing is read of nothing, and of what is no field", () => {
  assert.deepEqual(readRateLimits(new Headers()), []);
  assert.deepEqual(readRateLimits(new Headers({ RateLimit: "50" })), []);
  assert.equal(readRetryAfter(new Headers({ RateLimit: '"a";r=3;t=7' })), undefined);
});
