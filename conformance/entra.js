// The server SDK with a credential object, as with Microsoft Entra ID. It runs
// against an emulator with TLS, because the SDK sends such a token nowhere else.
import assert from "node:assert/strict";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { connectionString, credential } from "./kit.js";

const endpoint = /Endpoint=([^;]*)/.exec(connectionString)[1];

const hub = new WebPubSubServiceClient(endpoint, credential, "entra");
await hub.sendToAll("hello", { contentType: "text/plain" });
assert.equal(await hub.groupExists("g"), false);

const claims = (t) => JSON.parse(Buffer.from(t.split(".")[1], "base64url"));
const given = await hub.getClientAccessToken({ userId: "u1", roles: ["webpubsub.sendToGroup"], groups: ["g1"], expirationTimeInMinutes: 5 });
const { aud, sub, role, iat, exp: end, ...rest } = claims(given.token);
assert.deepEqual({ aud, sub, role, lifetime: end - iat, groups: rest["webpubsub.group"] }, {
  aud: `${endpoint.replace(/\/$/, "")}/client/hubs/entra`, sub: "u1", role: ["webpubsub.sendToGroup"], lifetime: 300, groups: ["g1"],
});
const mqtt = await hub.getClientAccessToken({ clientProtocol: "mqtt" });
assert.match(claims(mqtt.token).aud, /\/clients\/mqtt\/hubs\/entra$/);
