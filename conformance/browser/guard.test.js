// A browser as the judge of what pages may do: pages of another site, and pages
// whose host name resolves to this machine (DNS rebinding), against the emulator,
// its clients' endpoint, wps listen and wps negotiate --serve. The same page from
// localhost, or from an allowed origin, uses all four.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startSimple, startWps } from "../handler.js";
import { connectionString, newHub } from "../kit.js";
import { startChromium } from "./chromium.js";

const key = /AccessKey=([^;]*)/.exec(connectionString)[1];
const hubName = "guarded";
const evil = "evil.example";
const browser = await startChromium({ after }, { hosts: { [evil]: "127.0.0.1" } });

/** An access token for a URL, as whoever knows the key makes it. */
function sign(aud) {
  const part = (v) => Buffer.from(JSON.stringify(v)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ aud, exp: Math.floor(Date.now() / 1000) + 600 })}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

/** Serves an empty page at every path; returns the port. */
async function startSite(t) {
  const server = createServer((_, res) => res.setHeader("Content-Type", "text/html").end("<title>a page</title>"));
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server.address().port;
}

/** Starts the servers, and what shows that a request got through to them. */
async function startServers(t, ...flags) {
  const dir = mkdtempSync(join(tmpdir(), "wps-guard-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const events = join(dir, "events");
  const [cs, listen, negotiate] = await Promise.all([
    startWps(t, "emulator", "--addr", "localhost:0", "--key", key, ...flags),
    startWps(t, "listen", "--addr", "localhost:0", "--skip-signature", "--on", "say", `cat >>'${events}'`, ...flags),
    startWps(t, "negotiate", "--hub", hubName, "--serve", "localhost:0", ...flags),
  ]);
  const rest = /Endpoint=([^;]*)/.exec(cs)[1].replace(/\/$/, "");
  const hub = newHub({}, { port: new URL(rest).port, hub: hubName });
  const { messages } = await startSimple(t, hub);
  const arrived = async () => {
    await hub.sendToAll("end", { contentType: "text/plain" });
    const got = [];
    for (let text; text !== "end"; got.push(text)) text = (await messages.next()).data.toString();
    return got.slice(0, -1);
  };
  const ran = () => (existsSync(events) ? readFileSync(events, "utf8") : "");
  return { rest, listen, negotiate, hub, arrived, ran };
}

/** What is tried, with the addresses of the servers as the page knows them. */
const tries = (rest, listen, negotiate) => ({
  rest: {
    url: `${rest}/api/hubs/${hubName}/:send?api-version=2024-12-01`,
    headers: { "Content-Type": "text/plain", Authorization: `Bearer ${sign(`${rest}/api/hubs/${hubName}/:send`)}` },
    body: "from the page",
  },
  socket: { url: `${rest.replace("http", "ws")}/client/hubs/${hubName}?access_token=${sign(`${rest}/client/hubs/${hubName}`)}` },
  listen: {
    url: listen,
    headers: {
      "Content-Type": "text/plain", "ce-specversion": "1.0", "ce-type": "azure.webpubsub.user.say", "ce-source": `/hubs/${hubName}/client/c1`,
      "ce-id": "1", "ce-time": "2026-01-01T00:00:00Z", "ce-hub": hubName, "ce-connectionId": "c1", "ce-eventName": "say",
    },
    body: "from the page",
  },
  negotiate: { url: negotiate },
});

/** Runs in the page: makes one try and returns the status, "open" or "refused", and what was read. */
async function attempt({ url, headers, body }) {
  if (url.startsWith("ws")) {
    return new Promise((resolve) => {
      const ws = new WebSocket(url);
      ws.onopen = () => resolve({ status: "open" });
      ws.onerror = () => resolve({ status: "refused" });
    });
  }
  try {
    const answer = await fetch(url, { method: body === undefined ? "GET" : "POST", headers, body });
    return { status: answer.status, text: await answer.text() };
  } catch {
    // What a page cannot read may yet have been done.
    await fetch(url, { method: "POST", mode: "no-cors", body }).catch(() => {});
    return { status: "refused" };
  }
}

/** Makes every try from a page, and returns the statuses and what they did. */
async function attack(page, servers, addresses = servers) {
  const found = {};
  for (const [name, request] of Object.entries(tries(addresses.rest, addresses.listen, addresses.negotiate))) {
    await page(request.url, async (p) => (found[name] = await p.evaluate(attempt, request)));
  }
  const { rest, socket, listen, negotiate } = found;
  return {
    statuses: [rest.status, socket.status, listen.status, negotiate.status],
    did: [await servers.arrived(), servers.ran(), /access_token/.test(negotiate.text ?? "")],
  };
}

const refused = ["refused", "refused", "refused", "refused"];
const forbidden = [403, "refused", 403, 403];
const nothing = [[], "", false];
const used = [202, "open", 200, 200];
const all = [["from the page"], "from the page", true];

/** Opens the page of an origin for all tries. */
const from = (url) => async (_, use) => {
  const page = await browser.newPage(url);
  await use(page);
  await page.close();
};

/** Opens, for each server, a page whose own host name has become that of the server. */
const rebound = async (url, use) => {
  const page = await browser.newPage();
  const own = new URL("/page", url.replace(/^ws/, "http")).href;
  await page.route(own, "<title>rebound</title>");
  await page.goto(own);
  await use(page);
  await page.close();
};

/** The address of a server under another host name. */
const under = (name, url) => url.replace(/\/\/[^:/]+/, `//${name}`);
const addressesUnder = (name, { rest, listen, negotiate }) => ({ rest: under(name, rest), listen: under(name, listen), negotiate: under(name, negotiate) });

test("a page of another site reaches none of the servers", async (t) => {
  const [port, servers] = await Promise.all([startSite(t), startServers(t)]);
  const { statuses, did } = await attack(from(`http://${evil}:${port}/`), servers);
  assert.deepEqual({ statuses, did }, { statuses: refused, did: nothing });
});

test("a page whose host name resolves to this machine reaches none of the servers", async (t) => {
  const servers = await startServers(t);
  const { statuses, did } = await attack(rebound, servers, addressesUnder(evil, servers));
  assert.deepEqual({ statuses, did }, { statuses: forbidden, did: nothing });
});

test("a sandboxed page, whose origin is null, reaches none of the servers", async (t) => {
  const [port, servers] = await Promise.all([startSite(t), startServers(t)]);
  const sandboxed = async (_, use) => {
    const page = await browser.newPage(`http://localhost:${port}/`);
    await page.goto("data:text/html,<title>null</title>");
    await use(page);
    await page.close();
  };
  const { statuses, did } = await attack(sandboxed, servers);
  assert.deepEqual({ statuses, did }, { statuses: refused, did: nothing });
});

test("a page of localhost uses all servers, from any port", async (t) => {
  const [port, servers] = await Promise.all([startSite(t), startServers(t)]);
  const { statuses, did } = await attack(from(`http://localhost:${port}/`), servers);
  assert.deepEqual({ statuses, did }, { statuses: used, did: all });
});

test("a page of an allowed origin uses all servers", async (t) => {
  const port = await startSite(t);
  const servers = await startServers(t, "--cors-origin", `http://${evil}:${port}`);
  const { statuses, did } = await attack(from(`http://${evil}:${port}/`), servers);
  assert.deepEqual({ statuses, did }, { statuses: used, did: all });
});

test("a page of an allowed host name uses all servers", async (t) => {
  const servers = await startServers(t, "--allow-host", evil);
  const { statuses, did } = await attack(rebound, servers, addressesUnder(evil, servers));
  assert.deepEqual({ statuses, did }, { statuses: used, did: all });
});
