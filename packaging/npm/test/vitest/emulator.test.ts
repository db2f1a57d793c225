// The package with vitest, in TypeScript.
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { type Emulator, startEmulator } from "@example/wps";
import { afterAll, beforeAll, expect, test } from "vitest";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());

test("a message without receivers is accepted", async () => {
  const hub = new WebPubSubServiceClient(emulator.connectionString, "chat", { allowInsecureConnection: true });
  await hub.sendToAll("hello", { contentType: "text/plain" });
  expect(await hub.groupExists("g")).toBe(false);
  expect(emulator.endpoint).toMatch(/^http:\/\/localhost:\d+/);
});
