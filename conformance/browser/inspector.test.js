// The page of the emulator in a browser, used as a person uses it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { newHub, startProxy } from "../kit.js";
import { startChromium } from "./chromium.js";
import { Inspector, startListen, startPageServer } from "./inspector.js";

const evil = "evil.example";
const browser = await startChromium({ after }, { hosts: { [evil]: "127.0.0.1" } });

const hook = `printf 'reply to %s' "$(cat)"`;

/** Opens the page of a new emulator with a hook. */
async function open(t, view, ...args) {
  const server = await startPageServer(t, "--on", "order", hook, ...args);
  return Inspector.open(browser, server, view);
}

/** Fails for exceptions and for what the browser refused by the page's own policy. */
function expectQuiet(i) {
  assert.deepEqual(i.page.errors, []);
  assert.deepEqual(i.page.console.filter((text) => /Content Security|Refused|TypeError/i.test(text)), []);
}

test("a message of one client is seen at the other, and in the traffic as one chain", async (t) => {
  const i = await open(t);
  const ana = await i.client({ user: "ana", groups: "g1" });
  const bo = await i.client({ user: "bo", subprotocol: "protobuf" });
  await i.act(bo, { action: "joinGroup", target: "g1" });
  await i.log(bo, /ack 1: done/);
  await i.act(ana, { action: "sendToGroup", target: "g1", dataType: "json", data: '{"hello":"bo"}' });
  await i.log(bo, /↓\s*received\s*\[g1\].*\{"hello":"bo"\}/);
  await i.picture("clients");
  await i.filter("hello");
  await i.openRow("message", "to 2 clients");
  assert.match(await i.tab("summary"), /Chain \d+: \d+ in/);
  assert.match(await i.tab("data"), /hello: "bo"/);
  assert.match(await i.tab("copyas"), /"type":"MessageEvent","targetType":"Groups","targetId":"g1","message":\{"hello":"bo"\}/);
  await i.page.waitForText("#drawer-panel", /wps send .*--group g1.*[\s\S]*curl /);
  await i.picture("copy-as");
  expectQuiet(i);
});

test("the reply of a hook is in the traffic, and the event can be sent again", async (t) => {
  const i = await open(t);
  const ana = await i.client({ user: "ana" });
  await i.act(ana, { action: "event", target: "order", dataType: "text", data: "7 apples" });
  await i.log(ana, /reply to 7 apples/);
  await i.filter("type:event user:ana");
  await i.openRow("event", "reply to 7 apples");
  assert.match(await i.tab("data"), /7 apples[\s\S]*reply to 7 apples/);
  assert.match(await i.tab("headers"), /ce-eventName\s+order/i);
  assert.match(await i.tab("attempts"), /200/);
  assert.match(await i.tab("copyas"), /wps trigger chat\/order .*--data '7 apples'/);
  await i.page.press("Escape");
  await i.openRow("event", "reply to 7 apples");
  await i.page.press("r");
  await i.page.waitForText("#drawer-panel", /Sent again: 200 in .*the same answer/);
  await i.picture("resent");
  expectQuiet(i);
});

test("the page of wps listen shows an event with its reply, and sends it again", async (t) => {
  const server = await startListen(t, "--on", "order", hook);
  const i = await Inspector.open(browser, server);
  await i.page.waitForText("#traffic-empty", /No event has come yet[\s\S]*wps trigger/);
  await promisify(execFile)(process.env.WPS ?? "wps", ["trigger", "chat/order", "--to", server.events, "--user", "ana", "--data", "7 apples"]);
  await i.openRow("event", "reply to 7 apples");
  await i.page.press("r");
  await i.page.waitForText("#drawer-panel", /Sent again: 200 in .*the same answer/);
  assert.equal(await i.page.evaluate(() => document.querySelector('nav a[href="#state"]').hidden), true);
  expectQuiet(i);
});

test("the filter has suggestions, and names a word that it cannot use", async (t) => {
  const i = await open(t);
  await i.client({ user: "ana" });
  await i.go("traffic");
  await i.page.press("/");
  await i.page.type("type:op");
  await i.page.waitForText("#suggestions", "type:opened");
  await i.page.press("ArrowDown");
  await i.page.press("Enter");
  await i.page.waitFor(() => document.getElementById("filter").value === "type:opened ");
  await i.page.waitFor(() => [...document.querySelectorAll("#traffic-rows td.type")].every((c) => c.textContent === "opened"));
  assert.match(await i.page.evaluate(() => location.hash), /^#traffic\?type%3Aopened/);
  await i.page.type("status:abc");
  await i.page.waitForText("#filter-error", /status:abc is not a number/);
  await i.page.reload();
  await i.live();
  assert.match(await i.page.evaluate(() => document.getElementById("filter").value), /^type:opened/);
});

test("a connection is seen in the state, joins a group, gets a message, and is kicked", async (t) => {
  const i = await open(t);
  const ana = await i.client({ user: "ana", "webpubsub.sendToGroup": false });
  await i.go("state");
  await i.page.click("#tree .leaf");
  await i.page.waitForText("#sheet", /ana[\s\S]*json\.webpubsub/);
  await i.fill('#sheet form[aria-label="Put into a group"]', { group: "vip" });
  await i.page.click('#sheet form[aria-label="Put into a group"] button');
  await i.page.waitForText("#sheet .chips", /vip/);
  await i.fill('#sheet form[aria-label="Permission"]', { group: "g9" });
  await i.page.click('#sheet form[aria-label="Permission"] button');
  await i.page.waitForText("#sheet .facts", /sendToGroup g9/);
  await i.fill('#sheet form[aria-label="Message"]', { text: "you are seen" });
  await i.page.click('#sheet form[aria-label="Message"] button');
  await i.picture("state");
  await i.fill('#sheet form[aria-label="Close"]', { reason: "enough" });
  await i.page.click('#sheet form[aria-label="Close"] button');
  await i.page.waitForText("#sheet", /not open any more/);
  await i.go("clients");
  await i.log(ana, /you are seen[\s\S]*Reason: enough[\s\S]*closed 1000/);
  await i.filter("type:closed");
  await i.openRow("closed", "enough");
  expectQuiet(i);
});

test("a reliable client comes back after its socket was dropped, and misses nothing", async (t) => {
  const i = await open(t);
  const ana = await i.client({ user: "ana", subprotocol: "json-reliable", groups: "g1" });
  const id = await i.page.evaluate((c) => document.querySelector(`${c} .id`).textContent, ana);
  await i.page.click(`${ana} [data-part="drop"]`);
  await i.log(ana, /socket lost/);
  await newHub({}, { port: i.server.port, hub: "chat" }).group("g1").sendToAll("while away", { contentType: "text/plain" });
  await i.log(ana, /recovered[\s\S]*while away/);
  assert.equal(await i.page.evaluate((c) => document.querySelector(`${c} .id`).textContent, ana), id);
  await i.filter("type:away,recovered");
  await i.openRow("recovered", "");
  expectQuiet(i);
});

test("a simple client and a refused one say what happens", async (t) => {
  const i = await open(t, {}, "--on", "message", hook);
  const simple = await i.client({ user: "ana", subprotocol: "none" });
  await i.act(simple, { data: "plain" });
  await i.log(simple, /reply to plain/);
  await i.page.click(`${simple} [data-part="close"]`);
  await i.log(simple, /closed 1000/);
  await i.fill("#new-client", { url: `ws://localhost:${i.server.port}/client/hubs/chat?access_token=wrong` });
  await i.page.click("#new-client button.primary");
  await i.log(".card:nth-of-type(2)", /closed 1006/);
  await i.fill("#new-client", { url: "http://localhost/" });
  await i.page.click("#new-client button.primary");
  await i.page.waitForText("#client-error", /must begin with ws:/);
  await i.filter("type:refused");
  await i.openRow("refused", "401");
});

test("every operation has a form that shows its event object and runs it", async (t) => {
  const i = await open(t);
  const ana = await i.client({ user: "ana" });
  await i.go("send");
  await i.fill("#send-form", { operation: "send" });
  await i.fill("#send-form", { targetType: "Users", targetId: "ana", message: "from the form" });
  await i.page.waitForText("#send-wps", /wps send .*--user ana.*'from the form'/);
  await i.page.waitForText("#send-curl", /curl .*\/users\/ana\/:send/);
  await i.picture("send");
  await i.page.click("#send-run");
  await i.page.waitForText("#send-answer", /Done: 202/);
  for (const operation of await i.page.evaluate(() => [...document.querySelectorAll('#send-form [name="operation"] option')].map((o) => o.value))) {
    await i.fill("#send-form", { operation });
    assert.ok(JSON.parse(await i.page.evaluate(() => document.querySelector("#send-object code").textContent)).type, operation);
  }
  await i.fill("#send-form", { operation: "exists" });
  await i.fill("#send-form", { targetType: "Users", targetId: "nobody" });
  await i.page.waitFor(() => !document.getElementById("send-run").disabled && /nobody/.test(document.querySelector("#send-wps code").textContent));
  await i.page.click("#send-run");
  await i.page.waitForText("#send-answer", /No:/);
  await i.fill("#send-form", { operation: "send" });
  await i.fill("#send-form", { ttlSeconds: "999" });
  await i.page.waitForText("#send-errors", /ttlSeconds must be from 0 to 300/);
  await i.go("clients");
  await i.log(ana, /from the form/);
});

test("the connection string is shown only when asked for, and snippets name the hub", async (t) => {
  const i = await open(t);
  await i.client({ user: "ana" });
  await i.go("connect");
  assert.doesNotMatch(await i.page.evaluate(() => document.documentElement.outerHTML), /AccessKey=/);
  await i.page.click("#secret-show");
  await i.page.waitForText("#secret", /Endpoint=http.*AccessKey=/);
  await i.page.click("#secret-show");
  assert.equal(await i.page.evaluate(() => document.getElementById("secret").childElementCount), 0);
  await i.page.waitForText("#settings", /addr/);
  await i.page.click('#snippet-tabs [data-tab="Python"]');
  await i.page.waitForText("#snippet", /hub="chat"/);
  await i.page.click("#url-form button");
  await i.page.waitForText("#url-answer", /access_token=/);
  await i.picture("connect");
  expectQuiet(i);
});

test("it works by keys alone", async (t) => {
  const i = await open(t);
  await i.client({ user: "ana" });
  await i.page.evaluate(() => document.activeElement.blur());
  await i.page.press("g");
  await i.page.press("t");
  await i.page.waitFor(() => location.hash.startsWith("#traffic"));
  await i.page.waitFor(() => document.querySelectorAll("#traffic-rows tbody tr:not(.gap)").length > 1);
  await i.page.press("k");
  await i.page.press("k");
  await i.page.press("j");
  await i.page.press("Enter");
  await i.page.waitFor(() => document.activeElement.id === "drawer-title");
  const id = await i.page.evaluate(() => location.hash);
  assert.match(id, /^#traffic\/\d+/);
  await i.page.press("Escape");
  await i.page.waitFor(() => document.getElementById("drawer").hidden);
  await i.page.press("p");
  await i.page.waitFor(() => document.getElementById("pause").getAttribute("aria-pressed") === "true");
  await i.page.press("p");
  await i.page.press("?");
  await i.page.waitFor(() => document.getElementById("help").open);
  await i.page.press("Escape");
  await i.page.waitFor(() => !document.getElementById("help").open);
  await i.page.press("g");
  await i.page.press("c");
  await i.page.waitFor(() => location.hash === "#clients");
  // A link to an object comes back to it.
  await i.page.evaluate((hash) => (location.hash = hash), id);
  await i.page.waitFor(() => !document.getElementById("drawer").hidden);
});

test("a hostile user id, group and event are text", async (t) => {
  const i = await open(t);
  const user = '\u202e<img src=x onerror="document.title=`hacked`"><script>document.title="hacked"</script>';
  const ana = await i.client({ user, groups: "<b>g</b>" });
  await i.act(ana, { action: "event", target: "<i>order</i>", dataType: "text", data: user });
  await i.page.waitForText(`${ana} [data-part="error"]`, /event name is a letter/);
  await i.act(ana, { action: "event", target: "order", dataType: "text", data: user });
  await i.log(ana, /reply to \\u202e<img src=x/);
  await i.act(ana, { action: "sendToGroup", target: "<b>g</b>", dataType: "text", data: user });
  await i.log(ana, /<img src=x/);
  await i.filter("type:message");
  await i.openRow("message", "<b>g</b>");
  for (const name of ["summary", "data", "copyas"]) await i.tab(name);
  await i.go("state");
  await i.page.click("#tree .leaf");
  await i.page.waitForText("#sheet-title", /^\\u202e<img src=x/);
  assert.equal(await i.page.evaluate(() => document.querySelectorAll("main img, main script, main b > *, main i > *").length), 0);
  assert.doesNotMatch(await i.page.evaluate(() => document.title), /hacked/);
  expectQuiet(i);
});

test("a large message is cut, bytes are in hex, control characters are visible", async (t) => {
  const i = await open(t);
  const ana = await i.client({ user: "ana", groups: "g1" });
  const send = { action: "sendToGroup", target: "g1" };
  await i.act(ana, { ...send, dataType: "text", data: "x".repeat(900_000) });
  await i.log(ana, /ack 1: done/);
  await i.act(ana, { ...send, dataType: "binary", data: "AAH/" });
  await i.act(ana, { ...send, dataType: "text", data: "\u001b[31mred\u0007" });
  await i.log(ana, /ack 3: done/);
  await i.filter("type:message size:>100000");
  await i.openRow("message", "xxx");
  assert.match(await i.tab("data"), /text 879 KiB[\s\S]*815 KiB more are not shown/);
  assert.doesNotMatch(await i.tab("copyas"), /MessageEvent/);
  await i.filter("type:message");
  await i.openRow("message", "00 01 ff");
  assert.match(await i.tab("data"), /00000000 {2}00 01 ff/);
  await i.openRow("message", "red");
  assert.match(await i.tab("data"), /␛\[31mred␇/);
});

test("pages of another origin and another host name get nothing", async (t) => {
  const server = await startPageServer(t);
  const token = new URL(server.address).hash.slice("#token=".length);
  const site = createServer((_, res) => res.setHeader("Content-Type", "text/html").end("<title>a page</title>"));
  await new Promise((resolve) => site.listen(0, "localhost", resolve));
  t.after(() => (site.closeAllConnections(), site.close()));
  const attempt = async (url, options) => fetch(url, options).then((a) => a.status, () => "refused");
  for (const origin of [`http://${evil}:${site.address().port}/`, `http://localhost:${site.address().port}/`]) {
    const page = await browser.newPage(origin);
    const options = { headers: { Authorization: `Bearer ${token}` } };
    assert.equal(await page.evaluate(attempt, `${server.origin}/_ui/api/secret`, options), "refused", origin);
    assert.equal(await page.evaluate(attempt, `${server.origin}/_ui/api/run`, { ...options, method: "POST", body: "{}" }), "refused", origin);
    await page.close();
  }
  const page = await browser.newPage();
  const own = `http://${evil}:${server.port}/page`;
  await page.route(own, "<title>rebound</title>");
  await page.goto(own);
  assert.equal(await page.evaluate(attempt, `http://${evil}:${server.port}/_ui/api/info`, { headers: { Authorization: `Bearer ${token}` } }), 403);
  await page.close();
});

test("a lost emulator is named, and found again without a reload", async (t) => {
  const server = await startPageServer(t);
  const proxy = await startProxy(t, server.origin);
  const i = await Inspector.open(browser, { ...server, address: server.address.replace(`:${server.port}`, `:${proxy.port}`) });
  await newHub({}, { port: server.port, hub: "chat" }).sendToAll("before", { contentType: "text/plain" });
  await i.filter("type:message");
  await i.openRow("message", "before");
  await i.page.evaluate(() => {
    window.said = [];
    new MutationObserver(() => window.said.push(document.body.dataset.connection)).observe(document.body, { attributes: true });
  });
  assert.ok(proxy.cut() > 0);
  await i.page.waitFor(() => window.said.includes("lost"));
  await i.live();
  await i.page.waitFor(() => document.getElementById("lost").hidden);
  await newHub({}, { port: server.port, hub: "chat" }).sendToAll("after", { contentType: "text/plain" });
  await i.page.waitFor(() => [...document.querySelectorAll("#traffic-rows td.what")].some((c) => c.textContent.endsWith("after")));
  assert.deepEqual((await i.rows()).map((r) => r.what), ["everyone  to no clients  before", "everyone  to no clients  after"]);
  assert.equal(await i.page.evaluate(() => document.getElementById("drawer").hidden), false);
  await server.stop();
  await i.page.waitForText("#lost-text", /does not answer[\s\S]*tries again by itself/);
  await i.picture("lost");
});

test("a token of an earlier run says how to get a new address", async (t) => {
  const server = await startPageServer(t);
  const page = await browser.newPage();
  await page.goto(server.address.replace(/#token=.*/, "#token=of-an-earlier-run"));
  await page.waitForText("#stale", /needs a new address[\s\S]*page/);
  assert.equal(await page.evaluate(() => location.hash.includes("token")), false);
  await page.click("#token");
  await page.type(server.address);
  await page.press("Enter");
  await page.waitFor(() => document.body?.dataset.connection === "live");
  await page.close();
});
