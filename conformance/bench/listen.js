// The official middleware as an event handler that sends each message back;
// prints its address when it is ready.
import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import express from "express";

const handler = new WebPubSubEventHandler("chat", {
  path: "/eh",
  handleUserEvent: (request, response) => response.success(request.data, request.dataType),
});
const app = express();
app.disable("x-powered-by");
app.use(handler.getMiddleware());
const server = app.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
