// The server SDK with a credential object, as with Microsoft Entra ID. It runs
// against an emulator with TLS, because the SDK sends such a token nowhere else.
import assert from "node:assert/strict";
import { WebPubSubServiceClient } from "@azure/web-pubsub";

const part = (v) => Buffer.from(JSON.stringify(v)).toString("base64url");
const exp = Math.floor(Date.now() / 1000) + 3600;
const token = `${part({ alg: "RS256", typ: "JWT" })}.${part({ aud: "https://webpubsub.azure.com", exp })}.${part("nobody")}`;
const credential = { getToken: async () => ({ token, expiresOnTimestamp: exp * 1000 }) };
const endpoint = /Endpoint=([^;]*)/.exec(process.env.WebPubSubConnectionString)[1];

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
