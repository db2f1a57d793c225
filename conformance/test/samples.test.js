// The samples in the READMEs of both SDKs, on an emulator of their own.
import { test } from "node:test";
import { runOnTLS } from "../kit.js";

test("the documented samples of both SDKs", async (t) => {
  await runOnTLS(t, "samples.js", "--allow-unvalidated-entra-tokens", "--on", "processOrder", ":echo");
});
