// A credential object instead of a key, which needs an emulator of its own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const wps = process.env.WPS ?? "wps";
const program = join(import.meta.dirname, "..", "entra.js");

function run(certificate, ...flags) {
  const args = ["emulator", "--tls", "--tls-cert-out", certificate, ...flags, "--", process.execPath, program];
  return promisify(execFile)(wps, args, { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate } });
}

test("a credential object works when the emulator was told to take its tokens", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "wps-"));
  t.after(() => rm(dir, { recursive: true }));
  const certificate = join(dir, "cert.pem");
  await run(certificate, "--allow-unvalidated-entra-tokens");
  await assert.rejects(run(certificate), (e) => e.code === 1 && /statusCode: 401/.test(e.stderr));
});
