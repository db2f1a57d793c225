// Streams to groups with the client SDK, and over a cut connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { Inbox, endStream, newHub, startClient, startProxy, within } from "../kit.js";

const all = { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] };

/** Reads the streams of a client; each comes as its fragments and its error. */
function streamsOf(client, options) {
  const streams = new Inbox();
  client.onGroupStream(async (stream) => {
    const parts = [];
    try {
      for await (const m of stream) parts.push(m);
      streams.push({ id: stream.streamId, group: stream.groupName, parts });
    } catch (error) {
      streams.push({ id: stream.streamId, group: stream.groupName, parts, error });
    }
  }, options);
  return streams;
}

test("a stream arrives in order, with its data and its end", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { userId: "ua", ...all });
  const b = await startClient(t, hub, { groups: ["g1"] });
  const streams = streamsOf(b.client, { handleFromStart: true });
  const out = await a.client.openGroupStream("g1", { streamId: "s1" });
  await out.write("one", "text");
  await out.write({ n: 2 }, "json");
  await out.write(new Uint8Array([3]).buffer, "binary");
  await endStream(out);
  const s = await streams.next("stream");
  assert.equal(s.id, "s1");
  assert.equal(s.group, "g1");
  assert.equal(s.error, undefined);
  assert.deepEqual(s.parts.map((m) => m.stream.streamSequenceId), [1, 2, 3]);
  assert.deepEqual(s.parts.map((m) => m.fromUserId), ["ua", "ua", "ua"]);
  assert.equal(s.parts[0].data, "one");
  assert.deepEqual(s.parts[1].data, { n: 2 });
  assert.deepEqual(new Uint8Array(s.parts[2].data), new Uint8Array([3]));
});

test("an aborted stream brings its error, a forbidden one does not open", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { roles: ["webpubsub.sendToGroup.g1"] });
  const b = await startClient(t, hub, { groups: ["g1"] });
  const streams = streamsOf(b.client);
  const out = await a.client.openGroupStream("g1");
  await out.write("x", "text");
  await out.abort({ message: "no more", userErrorCode: "E7" });
  const s = await streams.next("stream");
  assert.equal(s.error.name, "UserError");
  assert.equal(s.error.message, "no more");
  assert.equal(s.error.userErrorCode, "E7");
  await assert.rejects(a.client.openGroupStream("g2"), (e) => e.name === "Forbidden");
});

test("a stream over a reliable connection outlasts cuts", async (t) => {
  const total = 300;
  const proxy = await startProxy(t);
  const direct = newHub();
  const through = newHub({}, { port: proxy.port, hub: direct.hubName });
  const options = { protocol: WebPubSubJsonReliableProtocol(), autoReconnect: true };
  const a = await startClient(t, through, all, options);
  const b = await startClient(t, direct, { groups: ["g1"] });
  const streams = streamsOf(b.client, { handleFromStart: true });
  const out = await a.client.openGroupStream("g1", { streamId: "s1" });
  let cuts = 0;
  for (let n = 0; n < total; n++) {
    if (n % 100 === 50) cuts += proxy.cut();
    await within(out.write(String(n), "text"), "write", 60_000);
  }
  await within(endStream(out), "end", 60_000);
  const s = await within(streams.next("stream"), "stream", 60_000);
  assert.deepEqual(s.parts.map((m) => m.data), Array.from({ length: total }, (_, n) => String(n)));
  assert.ok(cuts >= 3, `the connection was cut ${cuts} times`);
});
