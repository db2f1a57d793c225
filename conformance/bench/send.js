// Sends 128 bytes to everyone N times with the server SDK, 16 at a time, and
// prints how many that were in a second.
import { WebPubSubServiceClient } from "@azure/web-pubsub";

const total = Number(process.argv[2]);
const hub = new WebPubSubServiceClient(process.env.WPS_CONNECTION_STRING, "chat", { allowInsecureConnection: true });
const text = "x".repeat(128);

async function worker(n) {
  for (let i = 0; i < n; i++) {
    await hub.sendToAll(text, { contentType: "text/plain" });
  }
}

await worker(50); // warm
const start = performance.now();
await Promise.all(Array.from({ length: 16 }, () => worker(Math.ceil(total / 16))));
console.log(((Math.ceil(total / 16) * 16 * 1000) / (performance.now() - start)).toFixed(0));
