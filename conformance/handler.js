// What checks of event handlers need: the official middleware on a free port,
// and an emulator of their own that sends it events.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import express from "express";
import { WebSocket } from "ws";
import { Inbox, connectionString, newHub, within } from "./kit.js";

const wps = process.env.WPS ?? "wps";

/** Starts the middleware for a hub; returns its URL, and how to close it. */
export async function startMiddleware(hub, options) {
  const app = express();
  app.disable("x-powered-by");
  const handler = new WebPubSubEventHandler(hub, { path: "/eh", ...options });
  app.use(handler.getMiddleware());
  const server = createServer(app);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}${handler.path}`, close };
}

/** Starts wps with arguments that make it write a ready file; returns the file's text. */
export async function startWps(t, ...args) {
  const folder = mkdtempSync(join(tmpdir(), "wps-conformance-"));
  const ready = join(folder, "ready");
  const child = spawn(wps, [...args, "--ready-file", ready], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (b) => (said += b));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const error = new Promise((_, reject) => child.on("error", reject));
  t.after(async () => {
    child.kill("SIGINT");
    await within(ended, "end of wps").catch(() => child.kill("SIGKILL"));
    rmSync(folder, { recursive: true });
  });
  const wait = async () => {
    for (;;) {
      try {
        return readFileSync(ready, "utf8").trim();
      } catch {
        if (child.exitCode !== null) throw new Error(`wps ended: ${said}`);
        await sleep(20);
      }
    }
  };
  return within(Promise.race([wait(), error]), `ready file of wps ${args.join(" ")}`);
}

/** Starts an emulator, on a free port unless args have --addr; returns a hub client of it. */
export async function startEmulator(t, hub, ...args) {
  const key = /AccessKey=([^;]*)/.exec(connectionString)[1];
  const addr = args.includes("--addr") ? [] : ["--addr", "localhost:0"];
  const cs = await startWps(t, "emulator", ...addr, "--key", key, ...args);
  return newHub({}, { port: /:(\d+);/.exec(cs)[1], hub });
}

/** Starts a WebSocket client without a subprotocol of the service. */
export async function startSimple(t, hub, tokenOptions = {}, protocols = []) {
  const { url } = await hub.getClientAccessToken(tokenOptions);
  const ws = new WebSocket(url, protocols);
  const messages = new Inbox();
  const closes = new Inbox();
  ws.on("message", (data, isBinary) => messages.push({ data: Buffer.from(data), isBinary }));
  ws.on("close", (code, reason) => closes.push({ code, reason: reason.toString() }));
  const opened = new Promise((resolve, reject) => {
    ws.on("open", resolve);
    ws.on("unexpected-response", (_, res) => {
      const parts = [];
      res.on("data", (b) => parts.push(b));
      res.on("end", () => reject(Object.assign(new Error("refused"), { status: res.statusCode, body: Buffer.concat(parts).toString() })));
    });
    ws.on("error", reject);
  });
  t.after(() => ws.terminate());
  await within(opened, "handshake");
  return { ws, messages, closes };
}
