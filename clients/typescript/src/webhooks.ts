// Messages of webhooks: verify before you believe.

import { createHmac, timingSafeEqual } from "node:crypto";
import { ForgedMessageError } from "./errors.js";

const TOLERANCE_SECONDS = 300;

/** A verified message. Keep `id` and skip the ones you have seen. `data` holds ids and verdicts, never names. */
export interface WebhookMessage {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The header fields of a request: of fetch, or of Node's server. */
export type HeaderFields = Headers | Readonly<Record<string, string | string[] | undefined>>;

/**
 * Return a message that the holder of the secret signed (Standard Webhooks), from its bytes as they came. Throws
 * ForgedMessageError otherwise.
 */
export function verifyWebhook(secret: string, headers: HeaderFields, body: string | Uint8Array): WebhookMessage {
  const id = readField(headers, "webhook-id");
  const at = readField(headers, "webhook-timestamp");
  const given = readField(headers, "webhook-signature");
  if (!/^\d+$/.test(at) || Math.abs(Date.now() / 1000 - Number(at)) > TOLERANCE_SECONDS) {
    throw new ForgedMessageError("The message is too old or too new.");
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  const fits = given.split(" ").some((signature) => {
    const [version, text = ""] = signature.split(",", 2);
    const found = Buffer.from(text, "base64");
    return version === "v1" && found.length === expected.length && timingSafeEqual(found, expected);
  });
  if (!fits) throw new ForgedMessageError("No signature fits.");
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const { type, timestamp, data } = JSON.parse(text) as Omit<WebhookMessage, "id">;
  return { id, type, timestamp, data };
}

function readField(headers: HeaderFields, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? "";
  const found = Object.entries(headers).find(([field]) => field.toLowerCase() === name)?.[1];
  return (Array.isArray(found) ? found[0] : found) ?? "";
}
