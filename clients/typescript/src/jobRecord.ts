// What a run of a bulk job remembers beside its result, so that the next run goes on where it stopped.

import { createHash, randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";

/** The idempotency key of an upload, and its job once the server told it. Another file or option begins anew. */
export interface JobRecord {
  readonly fingerprint: string;
  readonly idempotencyKey: string;
  readonly job?: string;
}

/** Return what the last run for this result left, or a new record, which is written at once. */
export async function beginRecord(target: string, fingerprint: string): Promise<JobRecord> {
  const found = await readRecord(target);
  if (found?.fingerprint === fingerprint) return found;
  const record = { fingerprint, idempotencyKey: randomUUID() };
  await writeRecord(target, record);
  return record;
}

/** Write the record. */
export async function writeRecord(target: string, record: JobRecord): Promise<void> {
  const draft = `${place(target)}.part`;
  await writeFile(draft, JSON.stringify(record));
  await rename(draft, place(target));
}

/** Delete the record: the result is there, or the job will never have one. */
export async function forgetRecord(target: string): Promise<void> {
  await rm(place(target), { force: true });
}

/** Return a digest of a file's place, size and time of change, and of the options it is compared with. */
export async function computeFingerprint(source: string, options: object): Promise<string> {
  const status = await stat(source);
  const parts = [resolve(source), status.size, status.mtimeMs, options];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

async function readRecord(target: string): Promise<JobRecord | undefined> {
  try {
    return JSON.parse(await readFile(place(target), "utf-8")) as JobRecord;
  } catch {
    return undefined; // none, or a broken one
  }
}

function place(target: string): string {
  return `${target}.job`;
}
