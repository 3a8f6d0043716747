// The progress bar of a bulk job, on standard error.

import type { Job } from "./shapes.js";

const WIDTH = 30;

/** Draw how far the job is over the line that was drawn before; `isLast` ends the line. */
export function drawProgress(job: Job, isLast = false): void {
  const done = "█".repeat(Math.round(job.progress * WIDTH)).padEnd(WIDTH, "░");
  const rows = job.rows_total === null ? "" : ` ${job.rows_done} of ${job.rows_total} rows`;
  const left = job.seconds_left === null || isLast ? "" : `, ${job.seconds_left} s left`;
  process.stderr.write(`\r\u001b[K${job.status} ${done}${rows}${left}${isLast ? "\n" : ""}`);
}
