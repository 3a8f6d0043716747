// What all groups of operations share: the typed connection, pages, uploads and downloads.

import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import createClient, { type Client } from "openapi-fetch";
import { ApiError, ConnectionLostError } from "./errors.js";
import type { paths } from "./schema.js";
import type { Sender } from "./sender.js";

const DOWNLOAD_ATTEMPTS = 5;
export const PAGE_SIZE = 200;

/** An answer of the typed connection; refusals were thrown before. */
interface Answer<T> {
  readonly data?: T;
}

/** A page of a list. */
interface Page<Row> {
  readonly results: readonly Row[];
  readonly next: string | null;
}

/** A connection to one server as one user; `api` has every operation of the OpenAPI document. */
export class Connection {
  readonly url: string;
  readonly api: Client<paths>;

  constructor(url: string, readonly sender: Sender) {
    this.url = url.replace(/\/+$/, "");
    this.api = createClient<paths>({
      baseUrl: this.url,
      fetch: (request) => sender.send(() => request.clone()),
    });
  }

  /** Send a form with files; the form is read again for every attempt. */
  async upload<T>(path: string, form: FormData, idempotencyKey: string | undefined): Promise<T> {
    const headers = { "Idempotency-Key": idempotencyKey ?? randomUUID() };
    const response = await this.sender.send(() => new Request(this.url + path, { method: "POST", headers, body: form }));
    return (await response.json()) as T;
  }

  /** Return an answer as it is. */
  async read(path: string): Promise<Uint8Array> {
    const response = await this.sender.send(() => new Request(this.url + path));
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Write an answer into a file, which is there when it is whole; a broken download begins again. */
  async download(path: string, target: string): Promise<void> {
    const part = `${target}.part`;
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.sender.send(() => new Request(this.url + path), true);
      try {
        await pipeline(Readable.fromWeb((response.body ?? new Blob([]).stream()) as ReadableStream), createWriteStream(part));
        break;
      } catch (failure) {
        const isOwn = failure instanceof Error && "syscall" in failure && "path" in failure;
        if (isOwn || failure instanceof ApiError) throw failure;
        if (attempt === DOWNLOAD_ATTEMPTS) {
          throw new ConnectionLostError(`The download broke off ${attempt} times.`, { cause: failure });
        }
      }
    }
    await rename(part, target);
  }
}

/** Return what was answered. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await answer).data as T;
}

/** Yield the rows of every page, each page when it is needed. */
export async function* walkPages<Row>(fetchPage: (cursor?: string) => Promise<Answer<Page<Row>>>): AsyncGenerator<Row> {
  let cursor: string | undefined;
  do {
    const page = await unwrap(fetchPage(cursor));
    yield* page.results;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

/** The header of a write: the caller's idempotency key, or a new one. */
export function keyHeader(idempotencyKey: string | undefined): { "Idempotency-Key": string } {
  return { "Idempotency-Key": idempotencyKey ?? randomUUID() };
}
