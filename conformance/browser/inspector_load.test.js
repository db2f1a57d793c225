// The page of the emulator under load: it answers, and its memory is flat.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newHub } from "../kit.js";
import { startChromium } from "./chromium.js";
import { Inspector, startPageServer } from "./inspector.js";

const browser = await startChromium({ after });

/**
 * How long the load of the memory test lasts, in seconds. PAGE_MINUTES=5 makes it
 * longer; node --test then needs a --test-timeout that is longer too.
 */
const loadSeconds = process.env.PAGE_MINUTES ? Number(process.env.PAGE_MINUTES) * 60 : 8;

/**
 * Starts a server that passes requests on to a page's server, but answers the stream
 * with rate objects a second until seconds have passed, 50 times a second.
 */
async function startFlood(t, server, rate, seconds) {
  let id = 0;
  const batch = () => Array.from({ length: rate / 50 }, () => {
    const data = `message ${++id}`;
    return `${JSON.stringify({ id, time: new Date().toISOString(), type: "message", chain: id, hub: "chat", userId: `u${id % 50}`, target: "group", targetId: "g1", receivers: 3, dataType: "text", data, bytes: data.length })}\n`;
  }).join("");
  const flood = (res) => {
    res.writeHead(200, { "Content-Type": "application/x-ndjson" });
    const timer = setInterval(() => id < rate * seconds ? res.write(batch()) : id++ % 250 === 0 && res.write('{"type":"alive"}\n'), 20);
    res.on("close", () => clearInterval(timer));
  };
  const proxy = createServer((req, res) => {
    if (req.url.startsWith("/_ui/api/stream")) return flood(res);
    req.pipe(request({ host: "localhost", port: server.port, path: req.url, method: req.method, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.pipe(res);
    }).on("error", () => res.destroy()));
  });
  await new Promise((resolve) => proxy.listen(0, "localhost", resolve));
  t.after(() => (proxy.closeAllConnections(), proxy.close()));
  return { ...server, address: server.address.replace(`:${server.port}`, `:${proxy.address().port}`) };
}

test("10,000 objects a second do not freeze the page", async (t) => {
  const rate = 10_000;
  const seconds = 4;
  const server = await startFlood(t, await startPageServer(t), rate, seconds);
  const i = await Inspector.open(browser, server);
  await i.page.waitFor(() => /^5.000 of 5.000/.test(document.getElementById("counts").textContent));
  // It answers while they come: to keys, to the filter, to a click.
  await i.page.press("p");
  await i.page.waitFor(() => /paused, \d/.test(document.getElementById("counts").textContent));
  await i.page.press("p");
  await i.filter("user:u7");
  await i.openRow("message", "u7");
  await i.page.press("Escape");
  await i.filter("");
  await i.page.waitFor((n) => [...document.querySelectorAll("#traffic-rows td.what")].some((c) => c.textContent.endsWith(`message ${n}`)), rate * seconds);
  assert.ok((await i.rows()).length < 120, "only the rows that are seen are in the document");
  assert.deepEqual(i.page.errors, []);
});

test("the row that was pressed is opened, although rows moved before the release", async (t) => {
  const server = await startPageServer(t);
  const i = await Inspector.open(browser, server);
  await i.client({ user: "ana" });
  await i.go("traffic");
  const hub = newHub({}, { port: server.port, hub: "chat" });
  const send = async (from, to) => {
    for (let n = from; n <= to; n++) await hub.sendToAll(`message ${n}.`, { contentType: "text/plain" });
  };
  const place = (text) => i.page.waitFor((part) => {
    const cell = [...document.querySelectorAll("#traffic-rows td.what")].findLast((c) => c.textContent.includes(part));
    const box = cell?.getBoundingClientRect();
    return box?.width > 0 && { x: box.x + 20, y: box.y + box.height / 2 };
  }, text);
  await send(1, 60);
  const at = await place("message 60.");
  const mouse = (type) => i.page.send("Input.dispatchMouseEvent", { type, ...at, button: "left", clickCount: 1 });
  await mouse("mousePressed");
  await send(61, 80);
  await place("message 80.");
  await mouse("mouseReleased");
  await i.page.waitForText("#drawer", /message 60\./);
  assert.deepEqual(i.page.errors, []);
});

/** Sends messages with several requests at a time until stopped() is true. Returns how many. */
async function load(hub, stopped) {
  let sent = 0;
  const worker = async () => {
    for (; !stopped(); sent++) await hub.sendToAll(`message ${sent}`, { contentType: "text/plain" });
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return sent;
}

test(`under load for ${loadSeconds} seconds the page answers, and its memory is flat`, { timeout: (loadSeconds + 120) * 1000 }, async (t) => {
  const server = await startPageServer(t);
  const i = await Inspector.open(browser, server);
  await i.client({ user: "ana" });
  await i.go("traffic");
  const hub = newHub({}, { port: server.port, hub: "chat" });
  let stopped = false;
  const sending = load(hub, () => stopped);
  const heap = async () => {
    await i.page.send("HeapProfiler.collectGarbage");
    const { usedSize } = await i.page.send("Runtime.getHeapUsage");
    return usedSize / (1 << 20);
  };
  // The first measure is of a full ring: 5,000 objects.
  const isFull = () => i.page.evaluate(() => /^5.000 of 5.000/.test(document.getElementById("counts").textContent));
  while (!(await isFull())) await sleep(200);
  const before = await heap();
  for (let s = 0; s < loadSeconds; s++) {
    await sleep(1000);
    assert.ok((await i.rows()).length < 120, "only the rows that are seen are in the document");
  }
  await i.page.press("p"); // it answers to a key
  await i.page.waitFor(() => document.getElementById("pause").getAttribute("aria-pressed") === "true");
  stopped = true;
  const sent = await sending;
  const grown = (await heap()) - before;
  t.diagnostic(`${sent} requests; ${before.toFixed(1)} MiB of heap, ${grown.toFixed(1)} MiB more at the end`);
  assert.ok(grown < 12, `the heap grew by ${grown.toFixed(1)} MiB`);
  await i.picture("load");
});
