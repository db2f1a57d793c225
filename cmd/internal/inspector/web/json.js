// JSON as a tree that can be folded and searched.
import { el } from "./dom.js";
import { Exact, oneLine } from "./format.js";

/** How many members of an object or an array are shown at once. */
const most = 200;

/** How deep the tree is open at first. */
const openDepth = 3;

/** Returns the tree of a value, with a field that searches it. */
export function jsonTree(value) {
  const tree = el("div", { class: "json" }, node("", value, 0));
  const found = el("span", { class: "muted", role: "status" });
  const input = el("input", { type: "search", placeholder: "Search", "aria-label": "Search in the JSON", spellcheck: "false" });
  input.addEventListener("input", () => (found.textContent = mark(tree, input.value)));
  const fold = (open) => el("button", { type: "button", class: "small", text: open ? "Unfold" : "Fold", on: { click: () => setOpen(tree, open) } });
  return el("div", {}, el("div", { class: "data-bar" }, input, found, fold(true), fold(false)), tree);
}

function setOpen(tree, open) {
  const all = () => [...tree.querySelectorAll(open ? "details:not([open])" : "details details[open]")];
  // Opening a part adds the parts in it, which are opened in turn.
  for (let round = 0, closed = all(); closed.length > 0 && round < 20; round++, closed = open ? all() : []) {
    for (const d of closed) {
      d.open = open;
      if (open) d.fill?.();
    }
  }
}

const name = (key) => (key === "" ? [] : [el("span", { class: "json-key", text: oneLine(key, 200) }), ": "]);

function node(key, value, depth) {
  if (value === null || typeof value !== "object" || value instanceof Exact) return leaf(key, value);
  const entries = Array.isArray(value) ? value.map((v, i) => [String(i), v]) : Object.entries(value);
  const brackets = Array.isArray(value) ? "[]" : "{}";
  if (entries.length === 0) return el("div", { class: "json-leaf" }, name(key), brackets);
  const details = el("details", {}, el("summary", {}, name(key), el("span", { class: "muted", text: `${brackets[0]} ${entries.length} ${brackets[1]}` })));
  let filled = false;
  details.fill = () => {
    if (filled) return;
    filled = true;
    more(details, entries, 0, depth);
  };
  details.addEventListener("toggle", () => details.open && details.fill());
  if (depth < openDepth) {
    details.fill();
    details.open = true;
  }
  return details;
}

/** Adds the next members to a part of the tree. */
function more(parent, entries, from, depth) {
  for (const [k, v] of entries.slice(from, from + most)) parent.append(node(k, v, depth + 1));
  const left = entries.length - from - most;
  if (left <= 0) return;
  const button = el("button", { type: "button", class: "small", text: `${left} more` });
  button.addEventListener("click", () => {
    button.remove();
    more(parent, entries, from + most, depth);
  });
  parent.append(button);
}

function leaf(key, value) {
  if (value instanceof Exact) return el("div", { class: "json-leaf" }, name(key), el("span", { class: "json-number", text: value.source }));
  const kind = value === null ? "null" : typeof value;
  return el("div", { class: "json-leaf" }, name(key), el("span", { class: `json-${kind}`, text: kind === "string" ? JSON.stringify(value) : String(value) }));
}

/** Marks the leaves and names that contain a text, and opens what hides them. */
function mark(tree, text) {
  const wanted = text.trim().toLowerCase();
  tree.querySelectorAll(".found").forEach((e) => e.classList.remove("found"));
  if (!wanted) return "";
  setOpen(tree, true);
  const found = [...tree.querySelectorAll(".json-leaf, summary")].filter((e) => e.textContent.toLowerCase().includes(wanted));
  found.forEach((e) => e.classList.add("found"));
  found[0]?.scrollIntoView({ block: "nearest" });
  return found.length === 1 ? "1 found" : `${found.length} found`;
}
