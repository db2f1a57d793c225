// The client SDK over the protobuf subprotocols, reliable or not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SendMessageError, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import { newHub, startClient, startProxy, within } from "../kit.js";
import { protobufProtocol } from "../protobuf.js";

const all = { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] };

for (const reliable of [false, true]) {
  const options = { protocol: protobufProtocol({ reliable }), autoReconnect: reliable };
  const name = options.protocol.name;

  test(`${name}: every kind of data, to itself and to a JSON client`, async (t) => {
    const hub = newHub();
    const a = await startClient(t, hub, { userId: "ua", ...all }, options);
    const b = await startClient(t, hub, { groups: ["g1"] }, { protocol: WebPubSubJsonProtocol() });
    assert.equal(a.userId, "ua");
    assert.equal((await a.client.joinGroup("g1")).isDuplicated, false);
    const bytes = new Uint8Array([0, 1, 127, 128, 255]);
    const any = new Uint8Array([0x0a, 1, 0x74, 0x12, 1, 0x61]); // type URL t, value a
    const sent = [
      ["text", "héllo"],
      ["json", { n: [1, null, "x"] }],
      ["binary", bytes.buffer],
      ["protobuf", any.buffer],
    ];
    for (const [dataType, data] of sent) {
      await a.client.sendToGroup("g1", data, dataType);
      const mine = await a.group.next();
      const theirs = await b.group.next();
      assert.equal(mine.dataType, dataType);
      assert.equal(mine.group, "g1");
      assert.equal(theirs.dataType, dataType);
      assert.equal(theirs.fromUserId, "ua");
      if (dataType === "text" || dataType === "json") {
        assert.deepEqual(mine.data, data);
        assert.deepEqual(theirs.data, data);
      } else {
        assert.deepEqual(new Uint8Array(theirs.data), new Uint8Array(data));
      }
    }
    await hub.sendToUser("ua", { from: "server" });
    assert.deepEqual((await a.server.next()).data, { from: "server" });
    await a.client.leaveGroup("g1");
    await hub.group("g1").sendToAll("unheard", { contentType: "text/plain" });
    await hub.sendToAll("end", { contentType: "text/plain" });
    assert.equal((await a.server.next()).data, "end");
    assert.equal(a.group.size, 0);
  });

  test(`${name}: refusals, duplicates and the reason of a close`, async (t) => {
    const hub = newHub();
    const a = await startClient(t, hub, { roles: ["webpubsub.joinLeaveGroup.g1"] }, {
      ...options,
      autoReconnect: false,
      messageRetryOptions: { maxRetries: 0 },
    });
    const named = (what) => (e) => e instanceof SendMessageError && e.errorDetail?.name === what;
    assert.equal((await a.client.joinGroup("g1", { ackId: 0 })).isDuplicated, false);
    assert.equal((await a.client.joinGroup("g1", { ackId: 0 })).isDuplicated, true);
    await assert.rejects(a.client.joinGroup("g2"), named("Forbidden"));
    await assert.rejects(a.client.sendToGroup("g1", "x", "text"), named("Forbidden"));
    await assert.rejects(a.client.sendEvent("nobody", "x", "text"), named("InternalServerError"));
    await hub.closeConnection(a.connectionId, { reason: "maintenance" });
    assert.match((await a.disconnected.next("disconnected event")).message.message, /maintenance/);
  });
}

test("reliable protobuf: after each cut everything arrives, once, in order", async (t) => {
  const total = 2000;
  const proxy = await startProxy(t);
  const direct = newHub();
  const through = newHub({}, { port: proxy.port, hub: direct.hubName });
  const a = await startClient(t, through, { groups: ["g1"] }, { protocol: protobufProtocol({ reliable: true }), autoReconnect: true });
  const seen = [];
  let cuts = 0;
  const done = new Promise((resolve) => {
    a.client.on("group-message", ({ message }) => {
      seen.push(message.data.n);
      if (message.data.n === total - 1) resolve();
      if (seen.length % 400 === 100) cuts += proxy.cut();
    });
  });
  const group = direct.group("g1");
  for (let n = 0; n < total; n++) {
    await group.sendToAll({ n });
  }
  await within(done, "last message", 60_000);
  assert.deepEqual(seen, Array.from({ length: total }, (_, n) => n));
  assert.ok(cuts >= 4, `the connection was cut ${cuts} times`);
  assert.equal(a.disconnected.size, 0);
});
