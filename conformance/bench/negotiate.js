// What "wps negotiate -o url" is measured against: the server SDK.
import { WebPubSubServiceClient } from "@azure/web-pubsub";

const hub = new WebPubSubServiceClient(process.env.WPS_CONNECTION_STRING, "chat", { allowInsecureConnection: true });
const { url } = await hub.getClientAccessToken({ userId: "u1" });
console.log(url);
