// What checks of tunnels need: both ends of the tunnel as the service team has
// published the codec of them.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { WebSocketServer } from "ws";
import { startCutter } from "./cutter.js";
import { startWps } from "./handler.js";
import { Inbox, connectionString, within } from "./kit.js";

const require = createRequire(import.meta.url);
const proxies = "@azure/web-pubsub-socket.io/dist/serverProxies";

/** The tunnel client of awps-tunnel, which forwards to a web server, and that of Socket.IO servers, which calls a handler. */
export const { HttpServerProxy } = require(`${proxies}/HttpServerProxy.js`);
export const { InprocessServerProxy } = require(`${proxies}/InprocessServerProxy.js`);
export const { TunnelMessageProtocol } = require(`${proxies}/tunnels/TunnelMessageProtocol.js`);
export const messages = require(`${proxies}/tunnels/messages.js`);
const jsonwebtoken = require(require.resolve("jsonwebtoken", { paths: [require.resolve(`${proxies}/utils.js`)] }));

/** The connection string of the emulator that a hub client talks to. */
export const stringOf = (hub) => connectionString.replace(/Endpoint=[^;]*/, `Endpoint=${hub.endpoint.replace(/\/$/, "")}`);

/** The same, through a proxy in front of it. */
export const stringThrough = (hub, proxy) => stringOf(hub).replace(/(Endpoint=http:..[^;/]*:)\d+/, `$1${proxy.port}`);

/**
 * Starts a service with the published codec, and a program that opens a tunnel to
 * it. Returns request, which sends a request through the tunnel and returns the answer.
 */
export async function startTunnelService(t, ...args) {
  const key = /AccessKey=([^;]*)/.exec(connectionString)[1];
  const server = createServer();
  const sockets = new WebSocketServer({ server, path: "/server/tunnel" });
  const opened = new Inbox();
  const waiting = new Map();
  let acks = 0;
  sockets.on("connection", (ws, req) => {
    const [audience, token] = `ws://${req.headers.host}${req.url}`.split("&access_token=");
    const url = new URL(audience);
    const claims = jsonwebtoken.verify(decodeURIComponent(token), key, { algorithms: ["HS256"], audience });
    ws.send(TunnelMessageProtocol.instance.getBytes(new messages.TunnelConnectionConnectedMessage("c1", claims.sub)));
    ws.on("message", (data, isBinary) => {
      const m = isBinary && TunnelMessageProtocol.instance.parseMessage(new Uint8Array(data));
      const w = waiting.get(m?.AckId);
      w?.(m);
    });
    opened.push({ ws, url, claims });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const ws of sockets.clients) ws.terminate();
    server.closeAllConnections();
    server.close();
  });
  const cs = `Endpoint=http://127.0.0.1:${server.address().port};AccessKey=${key};Version=1.0;`;
  const started = startWps(t, "listen", "--tunnel", "--connection-string", cs, ...args);
  const first = await opened.next("tunnel");
  await started;
  let ws = first.ws;
  const send = (m) => ws.send(TunnelMessageProtocol.instance.getBytes(m));
  /** Sends a request and returns all parts of the answer as one. */
  const request = async (method, url, headers = {}, body) => {
    const ack = ++acks;
    const lines = Object.fromEntries(Object.entries(headers).map(([name, v]) => [name, [v].flat()]));
    const parts = [];
    const answered = new Promise((resolve) => {
      waiting.set(ack, (m) => {
        parts.push(m);
        if (!m.NotCompleted) resolve();
      });
    });
    send(new messages.TunnelHttpRequestMessage(ack, false, "channel", method, url, lines, body && new Uint8Array(Buffer.from(body))));
    await within(answered, `answer to ${url}`);
    waiting.delete(ack);
    return { ...parts[0], parts: parts.length, Content: Buffer.concat(parts.map((m) => m.Content ?? Buffer.alloc(0))) };
  };
  const reopened = async () => {
    const next = await opened.next("next tunnel");
    ws = next.ws;
    return next;
  };
  return { request, send, reopened, first };
}

/** How events reach the middleware in the checks of handlers: "" is over HTTP. */
export const wayOfEvents = process.env.WAY_OF_EVENTS ?? "";

/** Starts the tunnel client that wayOfEvents names, from a hub to an event handler. */
export async function startTunnelTo(t, client, hub, url) {
  if (wayOfEvents === "wps listen") {
    await startWps(t, "listen", "--tunnel", "--connection-string", stringOf(client), "--hub", hub, "--forward", url);
    return;
  }
  if (wayOfEvents === "wps listen, cut") {
    const cutter = await startCutter(t, client.endpoint);
    t.after(() => assert.ok(cutter.counts.some((n) => n > 0), "no tunnel was cut"));
    await startWps(t, "listen", "--tunnel", "--connection-string", stringThrough(client, cutter), "--hub", hub, "--forward", url);
    return;
  }
  const proxy = HttpServerProxy.fromConnectionString(stringOf(client), hub, { target: url });
  await within(proxy.runAsync({}, () => false), "start of the tunnel");
  t.after(() => proxy._tunnel.stop());
}
