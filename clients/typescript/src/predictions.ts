// Your stored comparisons, and what you said of them.

import { writeFile } from "node:fs/promises";
import { keyHeader, PAGE_SIZE, unwrap, walkPages, type Connection } from "./connection.js";
import { readId, type Identified, type Prediction, type PredictionFilters, type PredictionSummary, type Shapes } from "./shapes.js";

/** What you say of an answer. */
export interface FeedbackInput {
  readonly isMaterial: boolean;
  readonly text?: string;
  /** 0 to 1. */
  readonly confidence?: number;
  readonly idempotencyKey?: string;
}

/** How a report is written. */
export interface ReportOptions {
  readonly file?: Shapes["FileEnum"];
  /** Your own, printed on the report. */
  readonly reference?: string;
  /** Leave the names out. */
  readonly redacted?: boolean;
}

/** Stored comparisons of yours. */
export class Predictions {
  constructor(private readonly connection: Connection) {}

  /** Return a comparison whole, with its review as it is now. */
  async get(prediction: Identified): Promise<Prediction> {
    const path = { id: readId(prediction) };
    return unwrap(this.connection.api.GET("/api/v1/predictions/{id}", { params: { path } }));
  }

  /** Yield your comparisons, newest first. */
  list(filters: PredictionFilters = {}): AsyncGenerator<PredictionSummary> {
    return walkPages((cursor) => {
      const query = { ...filters, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
      return this.connection.api.GET("/api/v1/predictions", { params: { query } });
    });
  }

  /** Write the whole list into a file. */
  async export(target: string, file: "csv" | "jsonl" | "xlsx" = "csv", filters: PredictionFilters = {}): Promise<void> {
    const query = new URLSearchParams({ ...filters, file } as Record<string, string>);
    await this.connection.download(`/api/v1/predictions/export?${query}`, target);
  }

  /** Write a new report into a file, decided or not; anybody can verify it by the code on it. */
  async issueReport(prediction: Identified, target: string, options: ReportOptions = {}): Promise<void> {
    const { file = "pdf", reference = "", redacted = false } = options;
    const params = { path: { id: readId(prediction) } };
    const call = { body: { file, reference, redacted }, params, parseAs: "arrayBuffer" as const };
    const report = await unwrap(this.connection.api.POST("/api/v1/predictions/{id}/reports", call));
    await writeFile(target, new Uint8Array(report));
  }

  /** Say that the difference is material or not, whatever the answer was. */
  async giveFeedback(prediction: Identified, input: FeedbackInput): Promise<Shapes["FeedbackAnswer"]> {
    const body = {
      prediction: readId(prediction),
      user_correction: input.isMaterial,
      feedback_text: input.text ?? "",
      ...(input.confidence === undefined ? {} : { confidence_score: input.confidence.toFixed(4) }),
    };
    const header = keyHeader(input.idempotencyKey);
    return unwrap(this.connection.api.POST("/api/v1/feedback", { body, params: { header } }));
  }

  /** Yield what you said, newest first, with the reviews. */
  listFeedback(): AsyncGenerator<Shapes["StoredFeedback"]> {
    return walkPages((cursor) => {
      const query = { limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
      return this.connection.api.GET("/api/v1/feedback", { params: { query } });
    });
  }
}
