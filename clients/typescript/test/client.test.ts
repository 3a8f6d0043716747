// The packed TypeScript client against a running product; tests/clients_build starts both.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createSocketServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  ApiError,
  Client,
  ConnectionLostError,
  ForgedMessageError,
  JobFailedError,
  PatienceError,
  verifyWebhook,
  type Prediction,
} from "legal-names-client";

const [url, apiKey, readingKey, email, password] = ["URL", "KEY", "READING_KEY", "EMAIL", "PASSWORD"].map(
  (name) => process.env[`LEGAL_NAMES_${name}`] ?? "",
) as [string, string, string, string, string];
const PDF = Buffer.from("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n");
const PAIRS = "id,name1,name2\n1,\"Acme, Inc.\",ACME Incorporated\n2,Acme Inc,Acme LLC\n3,Larkspur Holdings,\"Larkspur Holdings, Inc.\"\n";
const client = new Client(url, { apiKey });
const folder = mkdtempSync(join(tmpdir(), "legal-names-"));
const servers: Server[] = [];
after(() => servers.forEach((server) => server.close()));

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function askForReview(number: number): Promise<Prediction> {
  return client.compare(`Larkspur ${number} Holdings`, `Larkspur ${number} Holdings, Inc.`, { profile: "kyc" });
}

/** A network that loses the next answers, each after so many bytes: the server did what it was asked. */
async function startLossyNetwork(): Promise<{ url: string; lose: (answers: number, kept?: number) => void; left: () => number }> {
  let losses = 0;
  let kept = 0;
  const server = createSocketServer((inside) => {
    const outside = connect(Number(new URL(url).port), "127.0.0.1");
    inside.pipe(outside);
    outside.on("data", (data) => {
      if (losses === 0) return void inside.write(data);
      losses -= 1;
      inside.write(data.subarray(0, kept), () => inside.destroy());
      outside.destroy();
    });
    outside.on("close", () => inside.destroy());
    inside.on("error", () => outside.destroy());
    outside.on("error", () => inside.destroy());
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const lose = (answers: number, bytes = 0): void => {
    [losses, kept] = [answers, bytes];
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lose, left: () => losses };
}

test("a comparison is one call", async () => {
  const answer = await client.compare("Acme, Inc.", "ACME Incorporated", { profile: "kyc" });
  assert.deepEqual([answer.verdict, answer.profile], ["immaterial", "kyc"]);
  assert.equal((await client.predictions.get(answer)).reason, answer.reason);
  assert.equal((await client.compare("Jordan Rivers", "Rivers, Jordan", { kind: "individual" })).kind, "individual");
});

test("the same key is answered once, and another body is refused", async () => {
  const options = { idempotencyKey: `typescript-${Date.now()}` };
  const first = await client.compare("Acme, Inc.", "ACME Incorporated", options);
  assert.equal((await client.compare("Acme, Inc.", "ACME Incorporated", options)).id, first.id);
  await assert.rejects(client.compare("Acme, Inc.", "Acme Limited", options), (error) => error instanceof ApiError && error.isReusedKey);
});

test("many pairs are answered in their order over several requests", async () => {
  const pairs = Array.from({ length: 1001 }, (_, at): [string, string] => [`Acme ${at}, Inc.`, `ACME ${at} Incorporated`]);
  pairs[3] = ["...", "Acme"];
  const results = await collect(client.compareMany(pairs, { profile: "kyc" }));
  assert.equal(results.length, 1001);
  assert.equal(results[3]?.error?.status, 400);
  assert.deepEqual([...new Set(results.flatMap((result) => result.answer?.profile ?? []))], ["kyc"]);
});

test("a list goes on over pages and is filtered", async () => {
  const rows = await collect(client.predictions.list());
  assert.ok(rows.length > 1000);
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length);
  const material = await collect(client.predictions.list({ verdict: "material" }));
  assert.ok(material.every((row) => row.verdict === "material"));
});

test("profiles, categories, models, oneself and every other operation are there", async () => {
  assert.ok((await client.profiles()).some((profile) => profile.id === "kyc"));
  assert.ok((await client.categories()).results.length > 0);
  assert.ok((await client.models()).results.length > 0);
  assert.equal((await client.me()).email, email);
  assert.ok((await client.compareProfiles("Acme Inc", "Acme LLC")).profiles.length > 5);
  const { data } = await client.api.GET("/api/v1/notifications");
  assert.ok(Array.isArray(data?.results));
});

test("a refusal says what is wrong and names nobody", async () => {
  await assert.rejects(client.compare("Zebedee Quux & Sons", "Acme", { profile: "kyb" }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.faults[0]?.field], [400, "invalid", "profile"]);
    assert.ok(error.requestId.length > 0 && error.message.includes("profile") && !error.message.includes("Zebedee"));
    return true;
  });
  const reader = new Client(url, { apiKey: readingKey });
  await assert.rejects(reader.compare("Acme", "Acme"), (error) => error instanceof ApiError && error.status === 403);
  const away = new Client("http://127.0.0.1:1", { apiKey: "lnc_none", retry: { attempts: 1 } });
  await assert.rejects(away.me(), ConnectionLostError);
  assert.ok(!JSON.stringify(client).includes(apiKey));
});

test("a person signs in once for all requests", async () => {
  const person = new Client(url, { signIn: { email, password } });
  const all = await Promise.all(Array.from({ length: 8 }, () => person.me()));
  assert.deepEqual(new Set(all.map((me) => me.email)), new Set([email]));
  assert.equal(all[0]?.api_key, null);
  assert.equal(person.rateLimits[0]?.limit, 600);
});

test("a lost answer is asked for again and counts once", async () => {
  const before = (await collect(client.predictions.list())).length;
  const network = await startLossyNetwork();
  network.lose(2);
  const far = new Client(network.url, { apiKey });
  const answer = await far.compare("Acme, Inc.", "ACME Incorporated");
  const listed = await collect(client.predictions.list());
  assert.equal(network.left(), 0);
  assert.deepEqual([listed.length, listed[0]?.id], [before + 1, answer.id]);
});

test("a review is asked for with document and message, and withdrawn", async () => {
  const answer = await askForReview(10);
  assert.deepEqual([answer.verdict, answer.review.status], ["review", "available"]);
  const request = await client.reviews.ask(answer, "Two entries in one register.", { priority: "urgent" });
  assert.deepEqual([request.prediction, request.review.status], [answer.id, "queued"]);
  const extract = join(folder, "extract.pdf");
  writeFileSync(extract, PDF);
  const [document] = await client.reviews.sendDocuments(answer, [extract], "The extract.");
  assert.ok(document);
  assert.deepEqual(Buffer.from(await client.reviews.readDocument(answer, document)), PDF);
  await client.reviews.deleteDocument(answer, document);
  assert.equal((await client.reviews.listDocuments(answer)).length, 0);
  await client.reviews.sendMessage(answer, "The second entry was made in 2019.");
  assert.deepEqual((await client.reviews.listMessages(answer)).map((message) => message.side), ["requester"]);
  await assert.rejects(client.reviews.wait(answer, { patience: 0.1, interval: 0.2 }), PatienceError);
  assert.notEqual((await client.reviews.withdraw(answer)).withdrawn_at, null);
});

test("a matter holds comparisons, jobs and members", async () => {
  const matter = await client.matters.create("10024", `${Date.now()}`, "Lease");
  const answer = await client.compare("Acme, Inc.", "ACME Incorporated", { matter: matter.reference });
  const listed = await collect(client.predictions.list({ matter: matter.reference }));
  assert.deepEqual(listed.map((row) => row.id), [answer.id]);
  assert.deepEqual((await collect(client.matters.list({ search: "10024" }))).map((row) => row.id), [matter.id]);
  assert.deepEqual((await client.matters.listMembers(matter)).map((member) => member.email), [email]);
});

test("a matter is changed, closed and opened again", async () => {
  const matter = await client.matters.create("10027", `${Date.now()}`, "Lease");
  const changed = await client.matters.change(matter, { matter_number: `${Date.now()}-2` });
  assert.deepEqual([changed.id, changed.note], [matter.id, "Lease"]);
  assert.equal((await client.matters.change(matter, { note: "" })).note, "");
  assert.notEqual((await client.matters.close(matter)).closed_at, null);
  await assert.rejects(client.matters.change(matter, { note: "Late" }), (error) => {
    return error instanceof ApiError && error.code === "matter_refused";
  });
  assert.equal((await client.matters.reopen(matter)).closed_at, null);
});

test("a report is issued as PDF and signed", async () => {
  const answer = await client.compare("Acme, Inc.", "ACME Incorporated", { profile: "ucc" });
  const [print, signed] = [join(folder, "report.pdf"), join(folder, "report.json")];
  await client.predictions.issueReport(answer, print, { reference: "Matter 4711" });
  assert.equal(readFileSync(print).subarray(0, 4).toString(), "%PDF");
  await client.predictions.issueReport(answer, signed, { file: "json", redacted: true });
  const report = readFileSync(signed, "utf-8");
  assert.ok(report.includes(answer.id) && !report.includes("ACME"));
});

test("usage and notifications are told", async () => {
  const usage = await client.usage();
  assert.ok(usage.first.endsWith("-01"));
  assert.ok(Array.isArray((await client.usage({ first: usage.last })).results));
  await client.notifications.markAllRead();
  assert.deepEqual(await collect(client.notifications.list({ unread: true })), []);
});

test("feedback is given and listed", async () => {
  const answer = await client.compare("Acme, Inc.", "ACME Incorporated", { profile: "ucc" });
  const given = await client.predictions.giveFeedback(answer, { isMaterial: false, text: "As expected.", confidence: 0.9 });
  assert.equal((await client.predictions.listFeedback().next()).value?.id, given.id);
});

test("a file is compared in one call, over a network that loses answers", async () => {
  const [source, target] = [join(folder, "pairs.csv"), join(folder, "result.csv")];
  writeFileSync(source, PAIRS);
  const before = (await collect(client.jobs.list())).length;
  const network = await startLossyNetwork();
  network.lose(2);
  const seen: string[] = [];
  const options = { profile: "kyc" } as const;
  const job = await new Client(network.url, { apiKey }).jobs.run(source, target, options, {
    onProgress: (state) => seen.push(state.status),
  });
  assert.deepEqual([job.status, job.rows_done, network.left()], ["succeeded", 3, 0]);
  assert.equal((await collect(client.jobs.list())).length, before + 1);
  assert.match(readFileSync(target, "utf-8"), /,immaterial,[^]*,material,[^]*,review,/);
  assert.ok(!existsSync(`${target}.job`) && !existsSync(`${target}.part`));
});

test("a job goes on where another program stopped, and its rows reach reviewers", async () => {
  const [source, target] = [join(folder, "more.csv"), join(folder, "more-result.csv")];
  writeFileSync(source, PAIRS);
  await assert.rejects(client.jobs.run(source, target, {}, { patience: 0 }), PatienceError);
  const remembered = JSON.parse(readFileSync(`${target}.job`, "utf-8")) as { job: string };
  assert.equal((await client.jobs.run(source, target)).id, remembered.job);
  const job = await client.jobs.get(remembered.job);
  const rows = await collect(job.rows({ verdict: "review" }));
  assert.equal((await job.planReview()).review_rows, rows.length);
  await job.download(target, { withReviews: true });
  assert.match(readFileSync(target, "utf-8").split("\n")[0] ?? "", /review_status/);
  await job.delete();
  await assert.rejects(client.jobs.get(job.id), (error) => error instanceof ApiError && error.status === 404);
});

test("a cancelled job is told", async () => {
  const source = join(folder, "large.csv");
  const rows = Array.from({ length: 50_000 }, (_, at) => `${at},Heron ${at} Foods Company Ltd,Heron ${at} Fooods Co.`);
  writeFileSync(source, ["id,name1,name2", ...rows].join("\n"));
  const job = await client.jobs.submit(source);
  await job.cancel();
  await assert.rejects(job.wait(), (error) => error instanceof JobFailedError && error.status === "cancelled");
});

test("a webhook is registered, tried and verified", async () => {
  const received: { headers: Record<string, string | string[] | undefined>; body: Buffer }[] = [];
  const receiver = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(pieces) });
      response.end();
    });
  });
  servers.push(receiver);
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const webhook = await client.webhooks.create(address, ["job.finished"], "Case system");
  await client.webhooks.sendTest(webhook);
  for (let turn = 0; turn < 300 && received.length === 0; turn += 1) await new Promise((done) => setTimeout(done, 200));
  const [message] = received;
  assert.ok(message);
  const verified = verifyWebhook(webhook.secret, message.headers, message.body);
  assert.deepEqual([verified.type, verified.data], ["webhook.test", { webhook: webhook.id }]);
  const forged = Buffer.from(message.body.toString().replace("test", "tost"));
  assert.throws(() => verifyWebhook(webhook.secret, message.headers, forged), ForgedMessageError);
  const late = { ...message.headers, "webhook-timestamp": "1700000000" };
  assert.throws(() => verifyWebhook(webhook.secret, late, message.body), ForgedMessageError);
  const [delivery] = await collect(client.webhooks.listDeliveries(webhook));
  assert.ok(delivery);
  assert.equal((await client.webhooks.getDelivery(webhook, delivery)).log[0]?.status_code, 200);
  assert.equal((await client.webhooks.get(webhook)).id, webhook.id);
  assert.notEqual((await client.webhooks.rotate(webhook)).secret, webhook.secret);
  await client.webhooks.delete(webhook);
});
