// Bulk jobs: files of up to five million pairs.

import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keyHeader, PAGE_SIZE, unwrap, walkPages, type Connection } from "./connection.js";
import { ApiError, ConnectionLostError, JobFailedError, PatienceError } from "./errors.js";
import { beginRecord, computeFingerprint, forgetRecord, writeRecord, type JobRecord } from "./jobRecord.js";
import { drawProgress } from "./progress.js";
import type { operations } from "./schema.js";
import { readId, type Identified, type Job, type JobRow, type ProfileId, type Shapes } from "./shapes.js";

const UNFINISHED = new Set(["queued", "running"]);
const [FIRST_PAUSE, LONGEST_PAUSE] = [0.5, 10];
const OFFLINE_PATIENCE = 900;

/** How a file is read and compared. */
export interface JobOptions {
  readonly profile?: ProfileId;
  readonly kind?: Shapes["KindEnum"];
  /** The columns of the two names: `name1` and `name2` unless said. */
  readonly column1?: string;
  readonly column2?: string;
  readonly format?: Shapes["FormatEnum"];
  /** The matter whose members alone see the job. */
  readonly matter?: string;
}

/** How to wait for a job. */
export interface JobWaitOptions {
  /** Draw a bar on standard error; by itself on a terminal. */
  readonly progress?: boolean;
  readonly onProgress?: (job: Job) => void;
  /** Seconds. */
  readonly patience?: number;
}

/** Which review rows go to reviewers: all, a `sample` of `size`, or those of a `priority` of `atLeast`. */
export interface RowChoice {
  readonly rows?: Shapes["RowsEnum"];
  readonly size?: number;
  readonly atLeast?: number;
}

type RowFilters = Omit<NonNullable<operations["job_rows"]["parameters"]["query"]>, "after" | "limit">;

/** One bulk job; `state` is what the server last said of it. */
export class BulkJob {
  constructor(
    private readonly connection: Connection,
    public state: Job,
  ) {}

  /** The id, with which `client.jobs.get` finds the job again. */
  get id(): string {
    return this.state.id;
  }

  /** Ask how far it is. */
  async refresh(): Promise<Job> {
    const path = { id: this.id };
    this.state = await unwrap(this.connection.api.GET("/api/v1/jobs/{id}", { params: { path } }));
    return this.state;
  }

  /**
   * Wait until it is done; return its final state. A server may be away for a quarter of an hour. Throws
   * JobFailedError when it failed or was cancelled, PatienceError after `patience` seconds.
   */
  async wait({ progress = process.stderr.isTTY, onProgress, patience = Infinity }: JobWaitOptions = {}): Promise<Job> {
    const deadline = Date.now() + patience * 1000;
    let pause = FIRST_PAUSE;
    while (UNFINISHED.has((await this.refreshPatiently()).status)) {
      if (progress) drawProgress(this.state);
      onProgress?.(this.state);
      if (Date.now() + pause * 1000 > deadline) throw new PatienceError(`The job is still ${this.state.status}.`);
      await sleep(pause * 1000);
      pause = Math.min(LONGEST_PAUSE, pause * 1.5);
    }
    if (progress) drawProgress(this.state, true);
    const { status, error } = this.state;
    if (status !== "succeeded") throw new JobFailedError(error ?? `The job was ${status}.`, status);
    return this.state;
  }

  /** Write the result into a file; `withReviews` adds what reviewers decided since. */
  async download(target: string, { withReviews = false } = {}): Promise<void> {
    await this.connection.download(`/api/v1/jobs/${this.id}/result${withReviews ? "?reviews=true" : ""}`, target);
  }

  /** Yield rows of the result with their reviews, in the order of the file. */
  async *rows(filters: RowFilters = {}): AsyncGenerator<JobRow> {
    let after: number | null = 0;
    while (after !== null) {
      const params = { path: { id: this.id }, query: { ...filters, after, limit: PAGE_SIZE } };
      const page: Shapes["JobRowPage"] = await unwrap(this.connection.api.GET("/api/v1/jobs/{id}/rows", { params }));
      yield* page.results;
      after = page.next;
    }
  }

  /** Return what sending review rows to reviewers would do and cost. */
  async planReview(choice: RowChoice = {}): Promise<Shapes["SendingPlan"]> {
    const params = { path: { id: this.id }, query: readChoice(choice) };
    return unwrap(this.connection.api.GET("/api/v1/jobs/{id}/review-requests", { params }));
  }

  /** Send review rows to reviewers. */
  async sendToReviewers(
    reason: string,
    choice: RowChoice & { readonly idempotencyKey?: string } = {},
  ): Promise<Shapes["SendingResult"]> {
    const body = { reason, priority: "normal" as const, ...readChoice(choice) };
    const params = { path: { id: this.id }, header: keyHeader(choice.idempotencyKey) };
    return unwrap(
      this.connection.api.POST("/api/v1/jobs/{id}/review-requests", { body: body as Shapes["JobReview"], params }),
    );
  }

  /** Stop it for good and delete its files. */
  async cancel(): Promise<Job> {
    const params = { path: { id: this.id } };
    this.state = await unwrap(this.connection.api.POST("/api/v1/jobs/{id}/cancel", { params }));
    return this.state;
  }

  /** Delete it with its files, in any state. */
  async delete(): Promise<void> {
    await this.connection.api.DELETE("/api/v1/jobs/{id}", { params: { path: { id: this.id } } });
  }

  private async refreshPatiently(): Promise<Job> {
    const deadline = Date.now() + OFFLINE_PATIENCE * 1000;
    for (;;) {
      try {
        return await this.refresh();
      } catch (error) {
        if (!(error instanceof ConnectionLostError) || Date.now() > deadline) throw error;
        await sleep(LONGEST_PAUSE * 1000);
      }
    }
  }
}

/** Files of pairs, compared in the background. */
export class Jobs {
  constructor(private readonly connection: Connection) {}

  /** Upload a CSV, XLSX or JSON Lines file; return its job at once. An upload sent again counts once. */
  async submit(source: string, options: JobOptions & { readonly idempotencyKey?: string } = {}): Promise<BulkJob> {
    const { idempotencyKey, ...fields } = options;
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, value);
    form.append("file", await openAsBlob(source), basename(source));
    return new BulkJob(this.connection, await this.connection.upload<Job>("/api/v1/jobs", form, idempotencyKey));
  }

  /** Return a job by its id: how another process goes on. */
  async get(job: Identified): Promise<BulkJob> {
    const path = { id: readId(job) };
    const state = await unwrap(this.connection.api.GET("/api/v1/jobs/{id}", { params: { path } }));
    return new BulkJob(this.connection, state);
  }

  /** Yield your jobs, newest first. */
  list(filters: { readonly matter?: string } = {}): AsyncGenerator<Job> {
    return walkPages((cursor) => {
      const query = { ...filters, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
      return this.connection.api.GET("/api/v1/jobs", { params: { query } });
    });
  }

  /**
   * Upload, wait with a progress bar, download the result, and return the final state. When the program or the
   * connection is lost, run it again with the same target: it goes on with the same job, which it remembers in
   * `<target>.job`. Throws JobFailedError when the job fails.
   */
  async run(source: string, target: string, options: JobOptions = {}, wait: JobWaitOptions = {}): Promise<Job> {
    let record = await beginRecord(target, await computeFingerprint(source, options));
    let job = await this.find(record);
    if (job === undefined) {
      if (record.job !== undefined) {
        await forgetRecord(target);
        record = await beginRecord(target, record.fingerprint);
      }
      job = await this.submit(source, { ...options, idempotencyKey: record.idempotencyKey });
      await writeRecord(target, { ...record, job: job.id });
    }
    try {
      await job.wait(wait);
    } catch (error) {
      if (error instanceof JobFailedError) await forgetRecord(target);
      throw error;
    }
    await job.download(target);
    await forgetRecord(target);
    return job.state;
  }

  private async find(record: JobRecord): Promise<BulkJob | undefined> {
    if (record.job === undefined) return undefined;
    try {
      return await this.get(record.job);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined; // deleted meanwhile
      throw error;
    }
  }
}

function readChoice({ rows = "all", size, atLeast }: RowChoice): { rows: Shapes["RowsEnum"]; size?: number; at_least?: number } {
  return {
    rows,
    ...(size === undefined ? {} : { size }),
    ...(atLeast === undefined ? {} : { at_least: atLeast }),
  };
}
