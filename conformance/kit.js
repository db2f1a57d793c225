// What every check needs: the service that the environment names, clients on it,
// and waiting with a limit.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";

export const connectionString = process.env.WebPubSubConnectionString;
if (!connectionString) {
  throw new Error("WebPubSubConnectionString is not set: run this as wps emulator -- npm test");
}

/** How long anything may take before a check fails, in milliseconds. */
const patience = 10_000;

let hubs = 0;

/** A hub client on a hub that nobody else uses, or on the given port and hub. */
export function newHub(options = {}, { port, hub = `conformance${process.pid}x${hubs++}` } = {}) {
  const at = port === undefined ? connectionString : connectionString.replace(/(Endpoint=http:..[^;/]*:)\d+/, `$1${port}`);
  return new WebPubSubServiceClient(at, hub, { allowInsecureConnection: true, ...options });
}

/** A TCP proxy in front of the service, or of another endpoint, whose connections can be cut. */
export async function startProxy(t, endpoint = /Endpoint=([^;]*)/.exec(connectionString)[1]) {
  const { hostname, port } = new URL(endpoint);
  const open = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.on("error", () => {}); // a cut is one
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise((resolve) => server.listen(0, hostname, resolve));
  /** Cuts what is open and tells how many connections that were. */
  const cut = () => {
    const cutting = [...open];
    cutting.forEach((socket) => socket.destroy());
    return cutting.length / 2;
  };
  t.after(() => {
    cut();
    server.close();
  });
  return { port: server.address().port, cut };
}

/** Rejects when promise takes longer than limit milliseconds. */
export async function within(promise, what, limit = patience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A queue of events that tests await one by one. */
export class Inbox {
  #items = [];
  #waiting = [];

  push(item) {
    const next = this.#waiting.shift();
    next ? next(item) : this.#items.push(item);
  }

  next(what = "message") {
    const ready = this.#items.length > 0 ? Promise.resolve(this.#items.shift()) : new Promise((r) => this.#waiting.push(r));
    return within(ready, what);
  }

  get size() {
    return this.#items.length;
  }
}

/** Starts a client of the client SDK that speaks the JSON subprotocol. */
export async function startClient(t, hub, tokenOptions = {}, clientOptions = {}) {
  const { url } = await hub.getClientAccessToken(tokenOptions);
  const client = new WebPubSubClient(url, {
    protocol: WebPubSubJsonProtocol(),
    autoReconnect: false,
    ...clientOptions,
  });
  const inbox = { group: new Inbox(), server: new Inbox(), disconnected: new Inbox(), stopped: new Inbox() };
  client.on("group-message", (e) => inbox.group.push(e.message));
  client.on("server-message", (e) => inbox.server.push(e.message));
  client.on("disconnected", (e) => inbox.disconnected.push(e));
  client.on("stopped", (e) => inbox.stopped.push(e));
  const connected = new Promise((resolve) => client.on("connected", resolve));
  await client.start();
  const { connectionId, userId } = await within(connected, "connected event");
  t.after(() => client.stop());
  return { client, connectionId, userId, ...inbox };
}

/** A token of Microsoft Entra ID that nobody has signed, and the credential that gives it. */
const part = (v) => Buffer.from(JSON.stringify(v)).toString("base64url");
const exp = Math.floor(Date.now() / 1000) + 3600;
const token = `${part({ alg: "RS256", typ: "JWT" })}.${part({ aud: "https://webpubsub.azure.com", exp })}.${part("nobody")}`;
export const credential = { getToken: async () => ({ token, expiresOnTimestamp: exp * 1000 }) };

/**
 * Runs a program of this folder against an emulator with TLS, whose certificate it
 * trusts. Its tests end it, because clients that were stopped keep their timers.
 */
export async function runOnTLS(t, program, ...flags) {
  const dir = await mkdtemp(join(tmpdir(), "wps-"));
  t.after(() => rm(dir, { recursive: true }));
  const certificate = join(dir, "cert.pem");
  const command = [process.execPath, "--test-force-exit", join(import.meta.dirname, program)];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // a program with tests is on its own there
  const args = ["emulator", "--tls", "--tls-cert-out", certificate, ...flags, "--", ...command];
  return promisify(execFile)(process.env.WPS ?? "wps", args, { timeout: 120_000, env: { ...env, NODE_EXTRA_CA_CERTS: certificate } });
}

/**
 * What the client SDK says of the end of a stream when the service's answer
 * overtakes the end of its own write, as it may on one machine.
 */
export const overtaken = /^Stream '.*' is completed\.$/;

/** Ends a stream of the client SDK. */
export async function endStream(stream) {
  await stream.end().catch((e) => {
    if (!overtaken.test(e.message)) throw e;
  });
}

/** Text of whatever kind of bytes an SDK gives. */
export function text(data) {
  return Buffer.from(data).toString("utf8");
}
