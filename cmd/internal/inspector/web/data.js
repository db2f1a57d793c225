// The data of a happening: formatted, raw or in hex, with search in JSON.
import { el } from "./dom.js";
import { bytes, fromBase64, hexDump, parseJSON, plain } from "./format.js";
import { jsonTree } from "./json.js";

const encoder = new TextEncoder();
let counter = 0;

/** Returns the part that shows data: {dataType, data, dataBase64, bytes, left}. */
export function dataPart(title, d) {
  const heading = title && el("h4", { text: title });
  if (d.data === undefined && d.dataBase64 === undefined) return el("section", {}, heading, el("p", { class: "muted", text: missing(d) }));
  const text = typeof d.data === "string" ? d.data : d.data === undefined ? null : JSON.stringify(d.data);
  const body = el("div", { class: "data" });
  const show = (mode) => body.replaceChildren(content(mode, text, d));
  const size = `${d.dataType ?? ""} ${d.bytes === undefined ? "" : bytes(d.bytes)}`.trim();
  const first = text === null ? "hex" : "formatted";
  show(first);
  return el("section", {}, heading, el("div", { class: "data-bar" }, modes(first, show), el("span", { class: "muted", text: size })),
    body, d.left > 0 && el("p", { class: "muted", text: `${bytes(d.left)} more are not shown.` }));
}

function missing(d) {
  if (d.bytes > 0) return `${bytes(d.bytes)} of data, which were not recorded because no page was open.`;
  return "No data.";
}

/** Returns the choice of modes, as radio buttons. */
function modes(first, show) {
  const name = `data-mode-${counter++}`;
  return el("div", { class: "modes", role: "radiogroup", "aria-label": "How the data is shown" }, ["formatted", "raw", "hex"].map((mode) =>
    el("label", {}, el("input", { type: "radio", name, value: mode, checked: mode === first, on: { change: () => show(mode) } }), mode)));
}

const bytesOf = (text, d) => (text === null ? fromBase64(d.dataBase64) ?? new Uint8Array() : encoder.encode(text));

function content(mode, text, d) {
  if (mode === "hex") return block(hexDump(bytesOf(text, d)) || "(empty)", "bytes in hex");
  if (mode === "raw") return block(text ?? d.dataBase64, "raw data");
  if (text === null) return block(plain(new TextDecoder().decode(bytesOf(text, d))), "bytes as text");
  const { value } = parseJSON(text);
  if (value !== null && typeof value === "object") return jsonTree(value);
  return block(plain(text) || "(empty)", "data");
}

const block = (text, label) => el("pre", { tabindex: "0", "aria-label": label }, el("code", { text }));
