// Draws the picture of the page that README.md shows: the real page of an emulator
// with some traffic, as an SVG in the colors of both themes.
//
//	wps emulator -- node browser/picture.js ../docs/page.svg
import { writeFileSync } from "node:fs";
import { startChromium } from "./chromium.js";
import { Inspector, startPageServer } from "./inspector.js";

const width = 1120;
const height = 660;

const closing = [];
const t = { after: (fn) => closing.unshift(fn) };

/** Makes some traffic, as two people in a chat do. */
async function fill(i) {
  const ana = await i.client({ user: "ana", groups: "lobby" });
  const bo = await i.client({ user: "bo", groups: "lobby", subprotocol: "protobuf" });
  const order = { action: "event", target: "order", dataType: "json" };
  await i.act(ana, { action: "sendToGroup", target: "lobby", dataType: "text", data: "hello, anyone here?" });
  await i.log(bo, /anyone/);
  await i.act(bo, { action: "sendToGroup", target: "lobby", dataType: "json", data: '{"text":"yes!","mood":"good"}' });
  await i.log(ana, /yes!/);
  await i.act(ana, { ...order, data: '{"item":"apples","n":7}' });
  await i.log(ana, /confirmed/);
  await i.act(bo, { ...order, data: '{"item":"pears","n":2}' });
  await i.log(bo, /confirmed/);
}

/** Runs in the page: returns what is painted, in order, with colors. */
function painted() {
  const found = [];
  const round = (n) => Math.round(n * 10) / 10;
  const box = (r) => ({ x: round(r.x), y: round(r.y), w: round(r.width), h: round(r.height) });
  const seen = (r) => r.width > 0 && r.height > 0 && r.x < innerWidth && r.y < innerHeight && r.right > 0 && r.bottom > 0;
  const clear = (c) => /^rgba\(.*, 0\)$/.test(c) || c === "transparent";
  // The head of the table covers the rows that are scrolled below it.
  const head = document.querySelector("#traffic-rows th").getBoundingClientRect();
  const isCovered = (e) => e.closest("tbody") && e.closest("#traffic-rows") && e.getBoundingClientRect().y < head.bottom;
  const paintBox = (e, style) => {
    const r = e.getBoundingClientRect();
    if (!seen(r) || isCovered(e)) return;
    const border = parseFloat(style.borderTopWidth) > 0 && parseFloat(style.borderLeftWidth) > 0 && !clear(style.borderTopColor);
    if (!clear(style.backgroundColor) || border) found.push({ ...box(r), radius: Math.min(parseFloat(style.borderTopLeftRadius) || 0, r.height / 2), fill: clear(style.backgroundColor) ? "none" : style.backgroundColor, stroke: border ? style.borderTopColor : "none" });
    for (const [side, x, y, w, h] of [["Bottom", r.x, r.bottom - 1, r.width, 1], ["Right", r.right - 1, r.y, 1, r.height], ["Left", r.x, r.y, 1, r.height]]) {
      if (!border && parseFloat(style[`border${side}Width`]) >= 1 && !clear(style[`border${side}Color`])) found.push({ ...box({ x, y, width: w, height: h }), radius: 0, fill: style[`border${side}Color`], stroke: "none" });
    }
    const inset = /inset/.test(style.boxShadow) && style.boxShadow.match(/rgb[^)]*\)/);
    if (inset) found.push({ ...box({ x: r.x, y: r.y, width: 4, height: r.height }), radius: 0, fill: inset[0], stroke: "none" });
  };
  const cut = (e, text, style) => {
    const room = e.getBoundingClientRect().width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (style.textOverflow !== "ellipsis" || e.scrollWidth <= e.clientWidth + 1) return text;
    const context = document.createElement("canvas").getContext("2d");
    context.font = style.font;
    let n = text.length;
    while (n > 0 && context.measureText(`${text.slice(0, n)}…`).width > room) n--;
    return `${text.slice(0, n)}…`;
  };
  const paintText = (node, e, style) => {
    if (!node.data.trim() || isCovered(e)) return;
    const range = document.createRange();
    const write = (text, r) => seen(r) && found.push({ x: round(r.x), y: round(r.y + r.height / 2), text, size: style.fontSize, bold: Number(style.fontWeight) >= 600, mono: /mono/i.test(style.fontFamily), fill: style.color });
    range.selectNodeContents(node);
    const lines = [...range.getClientRects()];
    if (lines.length <= 1 || style.textOverflow === "ellipsis") return write(cut(e, node.data.trim(), style), lines[0] ?? range.getBoundingClientRect());
    let line = "";
    let at = null;
    for (let i = 0; i < node.length; i++) {
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      const r = range.getBoundingClientRect();
      if (at && r.y > at.y + 2) {
        write(line, at);
        line = "";
        at = null;
      }
      if (r.width > 0) at ??= r;
      line += node.data[i];
    }
    if (at) write(line, at);
  };
  const walk = (e) => {
    const style = getComputedStyle(e);
    if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0" || e.matches(".sprite, .hidden-text, option, template, script")) return;
    if (e.tagName === "svg") {
      const r = e.getBoundingClientRect();
      const parts = [...e.querySelectorAll("polyline")].map((p) => ({ points: p.getAttribute("points"), stroke: getComputedStyle(p).stroke, box: e.getAttribute("viewBox") }));
      const name = e.querySelector("use")?.getAttribute("href");
      if (name) {
        const symbol = document.querySelector(name);
        parts.push(...[...symbol.children].map((p) => ({ path: p.getAttribute("d"), circle: p.getAttribute("r"), stroke: style.color, box: symbol.getAttribute("viewBox") })));
      }
      if (seen(r)) found.push({ svg: parts, ...box(r) });
      return;
    }
    paintBox(e, style);
    if (e.classList.contains("light")) {
      const r = e.getBoundingClientRect();
      found.push({ ...box({ x: r.x, y: r.y + r.height / 2 - 4, width: 8, height: 8 }), radius: 4, fill: getComputedStyle(e, "::before").backgroundColor, stroke: "none" });
    }
    if (e.tagName === "INPUT" || e.tagName === "SELECT") {
      const r = e.getBoundingClientRect();
      const text = e.tagName === "SELECT" ? e.selectedOptions[0].text : e.value || e.placeholder;
      found.push({ x: r.x + 9, y: round(r.y + r.height / 2), text, size: style.fontSize, mono: /mono/i.test(style.fontFamily), fill: style.color });
      return;
    }
    for (const child of e.childNodes) {
      if (child.nodeType === 3) paintText(child, e, style);
      if (child.nodeType === 1) walk(child);
    }
  };
  walk(document.body);
  return found;
}

const escape = (s) => s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Returns the SVG of what was painted in the light and in the dark theme. */
function svg(light, dark) {
  const classes = new Map();
  const paint = (property, a, b) => {
    if (a === undefined || a === "none") return property === "stroke" ? "" : "n";
    const key = `${property}:${a}|${b}`;
    if (!classes.has(key)) classes.set(key, `c${classes.size}`);
    return classes.get(key);
  };
  const shape = (s, d, at) => {
    const [, , w, h] = (s.box ?? "0 0 16 16").split(" ").map(Number);
    const scale = `translate(${at.x} ${at.y}) scale(${(at.w / w).toFixed(3)} ${(at.h / h).toFixed(3)})`;
    const form = s.points ? `<polyline points="${s.points}"` : s.path ? `<path d="${s.path}"` : `<circle cx="8" cy="8" r="${s.circle}"`;
    return `${form} transform="${scale}" class="n ${paint("stroke", s.stroke, d.stroke)}"/>`;
  };
  const body = light.flatMap((item, i) => {
    const other = dark[i];
    if (item.svg) return item.svg.map((s, at) => shape(s, other.svg[at], item));
    if (item.text !== undefined) {
      const font = [item.mono ? "m" : "", item.bold ? "b" : "", paint("fill", item.fill, other.fill)].filter(Boolean).join(" ");
      return `<text x="${item.x}" y="${item.y}" font-size="${parseFloat(item.size)}" class="${font}">${escape(item.text)}</text>`;
    }
    const radius = item.radius ? ` rx="${item.radius}"` : "";
    return `<rect x="${item.x}" y="${item.y}" width="${item.w}" height="${item.h}"${radius} class="${paint("fill", item.fill, other.fill)} ${paint("stroke", item.stroke, other.stroke)}"/>`;
  });
  const rules = (which) => [...classes].map(([key, name]) => {
    const [property, colors] = [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1).split("|")];
    return `.${name}{${property}:${colors[which]}}`;
  }).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The page of wps: traffic, with the details of an event and its chain">
<style>text{font-family:system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;dominant-baseline:central;white-space:pre}.m{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}.b{font-weight:600}.n{fill:none}polyline,path,circle{stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}${rules(0)}@media (prefers-color-scheme:dark){${rules(1)}}</style>
<clipPath id="v"><rect width="${width}" height="${height}" rx="8"/></clipPath><g clip-path="url(#v)">
${body.join("\n")}
</g></svg>
`;
}

try {
  const server = await startPageServer(t, "--on", "order", "printf confirmed");
  const i = await Inspector.open(await startChromium(t), server, { width, height, motion: "reduce" });
  await fill(i);
  await i.filter("");
  await i.openRow("event", "apples");
  await i.page.evaluate(() => {
    document.getElementById("said").textContent = "";
    document.getElementById("endpoint").textContent = "http://localhost:8080";
    document.activeElement.blur();
  });
  await i.page.press("p"); // nothing moves between the two themes
  const themes = [];
  for (const theme of ["light", "dark"]) {
    await i.page.evaluate((name) => {
      document.documentElement.dataset.theme = name;
      document.getElementById("said").textContent = "";
    }, theme);
    themes.push(await i.page.evaluate(painted));
  }
  const text = svg(...themes);
  writeFileSync(process.argv[2], text);
  console.log(`${process.argv[2]}: ${text.length} bytes, ${themes[0].length} items`);
} finally {
  for (const fn of closing) await fn();
}
