// Receives N messages of a group with the client SDK and prints each as JSON.
import { WebPubSubClient } from "@azure/web-pubsub-client";

const total = Number(process.argv[2]);
const client = new WebPubSubClient({ getClientAccessUrl: () => process.argv[3] });
let lines = "";
let n = 0;

// flush writes what was printed since the last time.
function flush(done) {
  process.stdout.write(lines, done);
  lines = "";
}

client.on("group-message", ({ message }) => {
  lines += `${JSON.stringify({ type: "message", ...message, kind: undefined })}\n`;
  if (++n === total) {
    flush(() => process.exit());
  } else if (lines.length > 65536) {
    flush();
  }
});
await client.start();
