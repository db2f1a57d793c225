// The JavaScript program that the page of the emulator shows, as it is copied.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { snippets } from "../../cmd/internal/inspector/web/snippets.js";
import { connectionString, within } from "../kit.js";

test("the JavaScript snippet of the page joins a group and receives its message", async (t) => {
  // It must lie here to find the packages that it imports.
  const file = fileURLToPath(new URL(`../snippet-${process.pid}.mjs`, import.meta.url));
  writeFileSync(file, snippets("snippet", "http://localhost")[0].text);
  t.after(() => rmSync(file));
  const child = spawn(process.execPath, [file], { env: { ...process.env, WebPubSubConnectionString: connectionString }, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill());
  let said = "";
  const printed = new Promise((resolve) => child.stdout.on("data", (b) => (said += b).includes("\n") && resolve()));
  child.stderr.on("data", (b) => (said += b));
  await within(printed, "output of the snippet");
  assert.equal(said, "hello\n");
});
