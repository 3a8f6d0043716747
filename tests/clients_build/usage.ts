// A program that uses the generated types; `make clients` compiles it with tsc --strict.
import type { components, operations } from "./schema";

type CompareRequest = components["schemas"]["CompareRequest"];
type Prediction = operations["compare"]["responses"][201]["content"]["application/json"];

const request: CompareRequest = {
  name1: "Acme, Inc.",
  name2: "ACME Incorporated",
  profile: "kyc",
  kind: "auto",
};

// @ts-expect-error name2 is required
const incomplete: CompareRequest = { name1: request.name1, profile: "kyc", kind: "auto" };

export function describe(prediction: Prediction): string {
  return `${prediction.verdict}: ${prediction.reason} (${incomplete.name1})`;
}
