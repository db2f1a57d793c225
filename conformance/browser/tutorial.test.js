// The page of docs/tutorial.md in a browser, as it is printed, with its hooks. Only the
// address of the server that makes client URLs is that of this test.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startWps } from "../handler.js";
import { within } from "../kit.js";
import { startChromium } from "./chromium.js";

const browser = await startChromium({ after });
const tutorial = readFileSync(new URL("../../docs/tutorial.md", import.meta.url), "utf8");
if (process.env.WPS) process.env.PATH = dirname(process.env.WPS) + delimiter + process.env.PATH; // for say.sh

/** The text of a file that the tutorial prints. */
function printed(name) {
  const found = new RegExp(`^\`\`\`\\w+ file=${name}\\n(.*?)^\`\`\`$`, "ms").exec(tutorial);
  assert.ok(found, `the tutorial prints ${name}`);
  return found[1];
}

/** Starts the emulator with the hooks, and the server for URLs; returns the address of the latter. */
async function startServers(t) {
  const dir = mkdtempSync(join(tmpdir(), "wps-tutorial-"));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const name of ["connect.sh", "say.sh"]) writeFileSync(join(dir, name), printed(name), { mode: 0o700 });
  const cs = await startWps(t, "emulator", "--addr", "localhost:0", "--on", "connect", join(dir, "connect.sh"), "--on", "say", join(dir, "say.sh"));
  return startWps(t, "negotiate", "--hub", "chat", "--serve", "localhost:0", "--user", "{query.user}", "--connection-string", cs);
}

/** Serves index.html; returns its address. */
async function startSite(t, negotiate) {
  const address = "http://localhost:7071/api/negotiate";
  const html = printed("index.html");
  assert.ok(html.includes(address), "the page asks for its URL");
  const server = createServer((_, res) => res.setHeader("Content-Type", "text/html").end(html.replace(address, negotiate)));
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${server.address().port}/`;
}

/** The lines that a page shows, once there are some. */
async function lines(page) {
  for (;;) {
    const shown = await page.evaluate(() => [...document.querySelectorAll("#messages li")].map((li) => li.textContent));
    if (shown.length > 0) return shown;
    await sleep(20);
  }
}

/** Says something in a page, repeatedly until heard is settled: connections may not be open yet. */
async function say(page, text, heard) {
  let done = false;
  heard.finally(() => (done = true)).catch(() => {}); // its caller reports it
  while (!done) {
    await page.evaluate((said) => {
      document.getElementById("text").value = said;
      document.getElementById("form").requestSubmit();
    }, text);
    await sleep(200);
  }
}

test("what one user of the tutorial's page says is shown to both", async (t) => {
  const site = await startSite(t, await startServers(t));
  const [ana, bob] = [await browser.newPage(`${site}?user=ana`), await browser.newPage(`${site}?user=bob`)];
  const heard = within(Promise.all([lines(ana), lines(bob)]), "a message in both pages");
  await say(ana, "<b>hello</b>", heard);
  const seen = await heard;
  for (const shown of seen) assert.ok(shown.every((line) => line === "ana: <b>hello</b>"), JSON.stringify(shown));
});

test("the tutorial's page says so when its user has no name", async (t) => {
  const page = await browser.newPage(await startSite(t, await startServers(t)));
  assert.deepEqual(await within(lines(page), "the reason in the page"), ["missing query parameter user"]);
});
