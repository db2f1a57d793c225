// How the page of the emulator looks and reads: sizes, themes, and the rules of axe
// for people who use a screen reader or need contrast.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { startChromium } from "./chromium.js";
import { Inspector, startPageServer } from "./inspector.js";

const browser = await startChromium({ after });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = ["traffic", "clients", "send", "state", "connect"];

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

/** Fails when something is wider than the screen. */
async function expectFits(i, name) {
  const [screen, widest] = await i.page.evaluate(() => [innerWidth, Math.max(...[document.documentElement, ...document.querySelectorAll(".view:not([hidden])")].map((e) => e.scrollWidth))]);
  assert.ok(widest <= screen, `${name} is ${widest} pixels wide`);
}

/** Fails when axe finds that a rule is broken. */
async function expectAccessible(i, name) {
  const found = await i.page.evaluate(async () => {
    const { violations, passes } = await window.axe.run(document, { resultTypes: ["violations", "passes"] });
    return { passes: passes.length, violations: violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(", ")}`) };
  });
  assert.deepEqual(found.violations, [], name);
  assert.ok(found.passes > 15, `${name}: only ${found.passes} rules applied`);
}

for (const [width, height, scheme, rules] of [[1280, 800, "light", true], [1280, 800, "dark", false], [360, 740, "light", false], [390, 844, "dark", true]]) {
  test(`at ${width} pixels in ${scheme}, nothing is wider than the screen${rules ? ", and no rule of axe is broken" : ""}`, async (t) => {
    const i = await openFilled(t, { width, height, scheme, motion: "reduce" });
    if (rules) await i.page.evaluate(`${axe};0`);
    await everywhere(i, async (name) => {
      await i.picture(`${name}-${width}-${scheme}`);
      await expectFits(i, name);
      if (rules) await expectAccessible(i, name);
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
