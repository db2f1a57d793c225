// A credential object instead of a key, which needs an emulator of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runOnTLS } from "../kit.js";

test("a credential object works when the emulator was told to take its tokens", async (t) => {
  await runOnTLS(t, "entra.js", "--allow-unvalidated-entra-tokens");
  await assert.rejects(runOnTLS(t, "entra.js"), (e) => e.code === 1 && /statusCode: 401/.test(e.stderr));
});
