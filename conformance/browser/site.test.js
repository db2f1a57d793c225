// The documentation's site in a browser, from files, without a server: nothing is wider
// than the screen, no rule of axe is broken, and the search finds headings.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startChromium } from "./chromium.js";

const browser = await startChromium({ after });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const work = mkdtempSync(join(tmpdir(), "wps-site-"));
after(() => rmSync(work, { recursive: true }));
const site = join(work, "site");
execFileSync(fileURLToPath(new URL("../../scripts/docs", import.meta.url)), [site], { stdio: ["ignore", "ignore", "inherit"] });
const pages = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html"));
const address = (name) => pathToFileURL(join(site, name)).href;
const pictures = process.env.SCREENSHOTS;
if (pictures) mkdirSync(pictures, { recursive: true });

/** Opens a page of the site. */
async function open(t, name, view) {
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.view(view);
  await page.goto(address(name));
  return page;
}

for (const [width, scheme] of [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]]) {
  test(`at ${width} pixels in ${scheme}, every page of the site fits, and no rule of axe is broken`, async (t) => {
    assert.ok(pages.length >= 40, `${pages.length} pages`);
    const page = await open(t, "index.html", { width, height: 900, scheme });
    for (const name of pages) {
      await page.goto(address(name));
      const [screen, widest] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(widest <= screen, `${name} is ${widest} pixels wide`);
      if (pictures) await page.screenshot(`${pictures}/site-${name.replaceAll("/", "-")}-${width}-${scheme}.png`);
      if (width === 1280 && scheme === "light") await expectAccessible(page, name);
      if (width === 390 && scheme === "dark") await expectAccessible(page, name, ["color-contrast"]);
    }
    assert.deepEqual([page.console, page.errors], [[], []]);
  });
}

/** Fails when axe finds that a rule is broken: any, or one of those that are named. */
async function expectAccessible(page, name, rules) {
  await page.evaluate(`${axe};0`);
  const found = await page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], preload: false, runOnly });
    return violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(", ")}`);
  }, rules);
  assert.deepEqual(found, [], name);
}

test("the search finds a heading of another page, by keyboard", async (t) => {
  const page = await open(t, "docs/reference/send.html");
  await page.press("/");
  await page.type("group leave-all");
  await page.waitForText("#found a", /^wps group leave-all/);
  await page.press("Tab");
  const loaded = page.event("Page.loadEventFired");
  await page.press("Enter");
  await loaded;
  assert.equal(await page.evaluate(() => location.href), `${address("docs/reference/group.html")}#wps-group-leave-all`);
  await page.press("/");
  await page.type("no such words xyzzy");
  await page.waitForText("#found", "No page has these words.");
  await page.press("Escape");
  assert.ok(await page.evaluate(() => document.getElementById("found").hidden));
});

test("the search finds a flag in the text of a page, and its first result is opened with Enter", async (t) => {
  const page = await open(t, "docs/hooks.html", { width: 390, height: 800 });
  await page.press("/");
  await page.type("--tls-cert-out certificate");
  await page.waitForText("#found", /--tls-cert-out/);
  const [screen, widest] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
  assert.ok(widest <= screen, `${widest} pixels wide with results`);
  await page.press("ArrowDown");
  const focused = () => page.evaluate(() => document.activeElement.closest("#found") !== null);
  assert.ok(await focused());
  await page.press("ArrowUp");
  assert.ok(!(await focused()));
  const loaded = page.event("Page.loadEventFired");
  await page.press("Enter");
  await loaded;
  assert.match(await page.evaluate(() => document.querySelector("main").innerText), /--tls-cert-out/);
});

test("on a small screen the list of pages is folded, and opens", async (t) => {
  const page = await open(t, "docs/hooks.html", { width: 390, height: 800 });
  const links = () => page.evaluate(() => [...document.querySelectorAll("nav a")].filter((a) => a.checkVisibility()).length);
  assert.equal(await links(), 0);
  await page.click("nav summary");
  assert.ok((await links()) > 20);
});

test("a console block is copied without prompts and output", async (t) => {
  const page = await open(t, "docs/commands.html");
  const copied = await page.evaluate(async () => {
    let text = "";
    navigator.clipboard.writeText = async (t) => void (text = t);
    document.querySelector("pre[data-language=console] + button").click();
    return text;
  });
  assert.equal(copied, "wps emulator\n");
});
