// How the page of the emulator looks and reads: sizes, themes, a screen reader's
// rules, and under load.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newHub } from "../kit.js";
import { startChromium } from "./chromium.js";
import { Inspector, startPageServer } from "./inspector.js";

const browser = await startChromium({ after });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = ["traffic", "clients", "send", "state", "connect"];

/** How long the load of the memory test lasts, in seconds; PAGE_MINUTES sets more. */
const loadSeconds = process.env.PAGE_MINUTES ? Number(process.env.PAGE_MINUTES) * 60 : 8;

/** Opens the page of an emulator with something of each kind to see. */
async function openFilled(t, view) {
  const server = await startPageServer(t, "--on", "order", "printf done");
  const i = await Inspector.open(browser, server, view);
  const ana = await i.client({ user: "ana", groups: "g1", subprotocol: "json-reliable" });
  await i.client({ user: "a user id that is long enough to be cut somewhere in the page", groups: "g1" });
  await i.act(ana, { action: "event", target: "order", dataType: "json", data: '{"items":[{"name":"apple","n":7},{"name":"pear","n":2}],"note":"soon"}' });
  await i.log(ana, /done/);
  return i;
}

/** Goes through everything that can be open, and calls fn with the name of each. */
async function everywhere(i, fn) {
  await i.filter("");
  await fn("traffic");
  await i.openRow("event", "order");
  for (const name of ["summary", "data", "headers", "attempts", "copyas"]) {
    await i.tab(name);
    await fn(`details-${name}`);
  }
  await i.page.press("Escape");
  for (const view of views.slice(1)) {
    await i.go(view);
    await fn(view);
  }
  await i.go("state");
  await i.page.click("#tree .leaf");
  await i.page.waitFor(() => !document.getElementById("sheet").hidden);
  await fn("sheet");
  await i.page.evaluate(() => document.activeElement.blur());
  await i.page.press("?");
  await i.page.waitFor(() => document.getElementById("help").open);
  await fn("help");
}

for (const [width, height, scheme] of [[1280, 800, "light"], [1280, 800, "dark"], [360, 740, "light"], [390, 844, "dark"]]) {
  test(`at ${width} pixels in ${scheme}, nothing is wider than the screen and no rule of axe is broken`, async (t) => {
    const i = await openFilled(t, { width, height, scheme, motion: "reduce" });
    await i.page.evaluate(`${axe};0`);
    await everywhere(i, async (name) => {
      await i.picture(`${name}-${width}-${scheme}`);
      const [inner, whole] = await i.page.evaluate(() => [innerWidth, Math.max(...[document.documentElement, ...document.querySelectorAll(".view:not([hidden])")].map((e) => e.scrollWidth))]);
      assert.ok(whole <= inner, `${name} is ${whole} pixels wide`);
      const found = await i.page.evaluate(async () => {
        const { violations, passes } = await window.axe.run(document, { resultTypes: ["violations", "passes"] });
        return { passes: passes.length, violations: violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(", ")}`) };
      });
      assert.deepEqual(found.violations, [], name);
      assert.ok(found.passes > 15, `${name}: only ${found.passes} rules applied`);
    });
  });
}

test("the theme follows the system until another is chosen", async (t) => {
  const server = await startPageServer(t);
  const i = await Inspector.open(browser, server, { scheme: "dark" });
  const background = () => i.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await i.page.view({ scheme: "light" });
  const light = await background();
  assert.notEqual(dark, light);
  await i.page.click("#theme"); // light
  await i.page.click("#theme"); // dark
  assert.equal(await background(), dark);
  await i.page.reload();
  assert.equal(await background(), dark);
});

test("with reduced motion nothing moves", async (t) => {
  const server = await startPageServer(t);
  const i = await Inspector.open(browser, server, { motion: "reduce" });
  const moving = await i.page.evaluate(() => [...document.querySelectorAll("*")].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0 || getComputedStyle(e).animationName !== "none").length);
  assert.equal(moving, 0);
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
  await i.page.waitFor(() => /^5.000 of 5.000/.test(document.getElementById("counts").textContent));
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
