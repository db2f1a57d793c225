// The package with node:test: the emulator, its options, and the command.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient } from "@azure/web-pubsub-client";
import { startEmulator } from "@example/wps";

const run = promisify(execFile);
const insecure = { allowInsecureConnection: true };

async function received(client) {
  return new Promise((resolve) => client.on("server-message", (e) => resolve(e.message.data)));
}

test("the package has the JSON Schemas", () => {
  const schema = JSON.parse(readFileSync(new URL(import.meta.resolve("@example/wps/schemas/event.schema.json"))));
  assert.equal(schema.$id, "event.schema.json");
});

test("the SDKs use the emulator", async (t) => {
  const emulator = await startEmulator({ args: ["--on", "say", ":echo"] });
  t.after(() => emulator.stop());
  const hub = new WebPubSubServiceClient(emulator.connectionString, "chat", insecure);
  const client = new WebPubSubClient((await hub.getClientAccessToken({ userId: "u1" })).url, { autoReconnect: false });
  const message = received(client);
  await client.start();
  t.after(() => client.stop());
  assert.equal(await hub.userExists("u1"), true);
  await client.sendEvent("say", "hello", "text");
  assert.equal(await message, "hello");
});

test("two emulators know nothing of one another", async () => {
  const [a, b] = await Promise.all([startEmulator(), startEmulator()]);
  assert.notEqual(a.endpoint, b.endpoint);
  await a.stop();
  assert.equal((await fetch(new URL("/api/health", b.endpoint), { method: "HEAD" })).status, 200);
  await b.stop();
  await b.stop();
  await assert.rejects(fetch(new URL("/api/health", b.endpoint)));
});

test("an emulator that does not start says why", async () => {
  await assert.rejects(startEmulator({ args: ["--nonsense"] }), /ended with code 2.*--nonsense/s);
  await assert.rejects(startEmulator({ env: { ...process.env, WPS_EMULATOR_KEY: "short" } }), /at least 32/);
});

test("an emulator does not outlive or hold its process", async () => {
  const source = 'import { startEmulator } from "@example/wps"; console.log((await startEmulator()).endpoint);';
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", source], { timeout: 20_000 });
  await assert.rejects(fetch(new URL("/api/health", stdout.trim())));
});

test("the command has the arguments, streams and exit code of wps", async () => {
  const wps = (...args) => run("npx", ["--no-install", "wps", ...args]);
  assert.match((await wps("version")).stdout, /^wps (v?\d|devel)/);
  await assert.rejects(wps("nonsense"), (e) => e.code === 2 && /nonsense/.test(e.stderr));
  const script = "process.stdout.write(process.env.WebPubSubConnectionString); process.exit(7)";
  await assert.rejects(wps("emulator", "--", "node", "-e", script), (e) => e.code === 7 && /^Endpoint=http:\/\/localhost:\d+/.test(e.stdout));
});

test("a signal to the command ends the emulator", async () => {
  const child = spawn(process.execPath, ["node_modules/@example/wps/bin/wps.js", "emulator", "--addr", "localhost:0"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(child.stdout, "data");
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
  await assert.rejects(fetch(new URL("/api/health", /Endpoint=([^;]*)/.exec(line)[1])));
});
