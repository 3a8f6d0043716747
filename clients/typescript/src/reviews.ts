// Ask a reviewer: requests, documents, messages, and the decision.

import { openAsBlob } from "node:fs";
import { basename, extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keyHeader, unwrap, type Connection } from "./connection.js";
import { PatienceError } from "./errors.js";
import type { Predictions } from "./predictions.js";
import { readId, type Document, type Identified, type Message, type PredictionReview, type ReviewRequest } from "./shapes.js";

const OPEN = new Set(["queued", "in_review"]);
const MEDIA_TYPES: Record<string, string> = {
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".tif": "image/tiff",
  ".tiff": "image/tiff",
};

/** How soon a reviewer shall decide. */
export interface AskOptions {
  readonly priority?: "normal" | "urgent";
  /** ISO 8601 with a time zone. */
  readonly dueAt?: string;
  readonly idempotencyKey?: string;
}

/** How long to wait, in seconds. */
export interface WaitOptions {
  readonly patience?: number;
  readonly interval?: number;
}

/** What reviewers say of your comparisons. */
export class Reviews {
  constructor(
    private readonly connection: Connection,
    private readonly predictions: Predictions,
  ) {}

  /** Ask that a reviewer decides; an open request of yours is returned as it is. Reviewers read the reason afterwards. */
  async ask(prediction: Identified, reason: string, options: AskOptions = {}): Promise<ReviewRequest> {
    const body = { reason, priority: options.priority ?? "normal", due_at: options.dueAt ?? null };
    const params = { path: { id: readId(prediction) }, header: keyHeader(options.idempotencyKey) };
    return unwrap(this.connection.api.POST("/api/v1/predictions/{id}/review-requests", { body, params }));
  }

  /** Take the request back, until the first decision. */
  async withdraw(prediction: Identified): Promise<ReviewRequest> {
    const params = { path: { id: readId(prediction) } };
    return unwrap(this.connection.api.POST("/api/v1/predictions/{id}/review-requests/withdraw", { params }));
  }

  /** Return how far the review is, and what was decided. */
  async get(prediction: Identified): Promise<PredictionReview> {
    return (await this.predictions.get(prediction)).review;
  }

  /**
   * Ask every `interval` seconds until it is no longer waiting, and return the review: `decided`, `withdrawn`, or
   * `needs_document`, which waits for you. Throws PatienceError after `patience` seconds. A webhook tells sooner.
   */
  async wait(prediction: Identified, { patience = 86_400, interval = 30 }: WaitOptions = {}): Promise<PredictionReview> {
    const deadline = Date.now() + patience * 1000;
    for (;;) {
      const review = await this.get(prediction);
      if (!OPEN.has(review.status)) return review;
      if (Date.now() + interval * 1000 > deadline) {
        throw new PatienceError(`The review is still ${review.status} after ${patience} seconds.`);
      }
      await sleep(interval * 1000);
    }
  }

  /** Answer the reviewer who waits for a document, in words; the review goes on. */
  async answer(prediction: Identified, text: string, idempotencyKey?: string): Promise<PredictionReview> {
    const params = { path: { id: readId(prediction) }, header: keyHeader(idempotencyKey) };
    return unwrap(
      this.connection.api.POST("/api/v1/predictions/{id}/review-requests/answer", { body: { text }, params }),
    );
  }

  /** Send one to five PDF, PNG, JPEG or TIFF files; return all documents of the prediction. */
  async sendDocuments(prediction: Identified, files: readonly string[], text = ""): Promise<readonly Document[]> {
    const form = new FormData();
    for (const path of files) {
      const type = MEDIA_TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";
      form.append("files", await openAsBlob(path, { type }), basename(path));
    }
    form.append("text", text);
    const path = `/api/v1/predictions/${readId(prediction)}/documents`;
    const list = await this.connection.upload<{ results: readonly Document[] }>(path, form, undefined);
    return list.results;
  }

  /** Return the documents in the order in which they were sent. */
  async listDocuments(prediction: Identified): Promise<readonly Document[]> {
    const params = { path: { id: readId(prediction) } };
    const list = await unwrap(this.connection.api.GET("/api/v1/predictions/{id}/documents", { params }));
    return list.results;
  }

  /** Return a document as it was sent. */
  async readDocument(prediction: Identified, document: Identified): Promise<Uint8Array> {
    return this.connection.read(`/api/v1/predictions/${readId(prediction)}/documents/${readId(document)}`);
  }

  /** Delete a document, until a reviewer has decided. */
  async deleteDocument(prediction: Identified, document: Identified): Promise<void> {
    const path = { id: readId(prediction), document_pk: readId(document) };
    await this.connection.api.DELETE("/api/v1/predictions/{id}/documents/{document_pk}", { params: { path } });
  }

  /** Write to the reviewers, facts only; see `is_held` of what is returned. */
  async sendMessage(prediction: Identified, text: string, idempotencyKey?: string): Promise<Message> {
    const params = { path: { id: readId(prediction) }, header: keyHeader(idempotencyKey) };
    return unwrap(this.connection.api.POST("/api/v1/predictions/{id}/messages", { body: { text }, params }));
  }

  /** Return what you and the reviewers wrote, oldest first. */
  async listMessages(prediction: Identified): Promise<readonly Message[]> {
    const params = { path: { id: readId(prediction) } };
    return (await unwrap(this.connection.api.GET("/api/v1/predictions/{id}/messages", { params }))).results;
  }

  /** Write the memo of the decision into a file. */
  async downloadMemo(prediction: Identified, target: string, file: "pdf" | "json" = "pdf"): Promise<void> {
    await this.connection.download(`/api/v1/predictions/${readId(prediction)}/memo?file=${file}`, target);
  }
}
