// Making elements. Text always becomes text nodes: nothing here parses markup.

const svgNames = new Set(["svg", "path", "line", "rect", "text", "title", "g", "use", "polyline", "circle"]);

/**
 * Returns a new element. props: class and text; on with listeners by name; data
 * with data attributes; any other is an attribute, left out when false, null or
 * undefined. children are nodes or texts.
 */
export function el(tag, props = {}, ...children) {
  const e = svgNames.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(e, name, value);
  e.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

function set(e, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name === "text") e.textContent = value;
  else if (name === "class") e.setAttribute("class", value);
  else if (name === "on") for (const [event, fn] of Object.entries(value)) e.addEventListener(event, fn);
  else if (name === "data") Object.assign(e.dataset, value);
  else if (name === "value" || name === "checked" || name === "selected" || name === "disabled") e[name] = value;
  else e.setAttribute(name, value === true ? "" : value);
}

/** Returns the element with an id. */
export const byId = (id) => document.getElementById(id);

/** Returns a copy of the content of a template. */
export const fromTemplate = (id) => byId(id).content.firstElementChild.cloneNode(true);

/** Returns the parts of an element that have a data-part, by its name. */
export function parts(root) {
  const all = {};
  for (const e of root.querySelectorAll("[data-part]")) all[e.dataset.part] = e;
  return all;
}

/** Returns an icon of the sprite in index.html. */
export function icon(name) {
  const svg = el("svg", { class: "icon", "aria-hidden": "true" });
  svg.append(el("use", { href: `#i-${name}` }));
  return svg;
}

let saying;

/** Says a text in the polite live region, and shows it for some seconds. */
export function say(text) {
  const region = byId("said");
  region.textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => (region.textContent = ""), 4000);
}

/** Copies a text and says so. */
export async function copy(text, what = "copied") {
  try {
    await navigator.clipboard.writeText(text);
    say(what);
  } catch {
    say("the browser did not allow copying; select the text instead");
  }
}

/** Returns a button that copies what read() returns. */
export function copyButton(read, label = "Copy") {
  const button = el("button", { type: "button", class: "small", "aria-label": label === "Copy" ? "Copy" : label }, icon("copy"), "Copy");
  button.addEventListener("click", async () => copy(await read()));
  return button;
}

/** Returns a box with a text in the monospaced face and a copy button. */
export function codeBox(text, label) {
  const pre = el("pre", { tabindex: "0", "aria-label": label }, el("code", { text }));
  const box = el("div", { class: "code" }, pre, copyButton(() => pre.textContent, `Copy ${label}`));
  return box;
}

/** Returns an empty state: what is missing, and the next command to type. */
export function emptyState(text, command) {
  return el("div", { class: "empty" }, el("p", { text }), command && codeBox(command, "command"));
}

/** Returns a labelled input. props are those of the input; options make it a select. */
export function field(label, name, props = {}) {
  const { options, multiline, ...rest } = props;
  const id = `f-${Math.random().toString(36).slice(2, 9)}-${name}`;
  let input;
  if (options) input = el("select", { id, name, ...rest }, options.map(option));
  else if (multiline) input = el("textarea", { id, name, rows: 4, spellcheck: "false", ...rest });
  else input = el("input", { id, name, autocomplete: "off", spellcheck: "false", ...rest });
  if (rest.value !== undefined) input.value = rest.value;
  return el("div", { class: props.type === "checkbox" ? "field check" : "field" }, el("label", { for: id, text: label }), input);
}

const option = (o) => (typeof o === "string" ? el("option", { value: o, text: o || "any" }) : el("option", { value: o.value, text: o.text }));

/** Calls fn at most once a frame; in a hidden tab once a second. */
export function perFrame(fn) {
  let asked = false;
  const run = () => {
    asked = false;
    fn();
  };
  return () => {
    if (asked) return;
    asked = true;
    document.hidden ? setTimeout(run, 1000) : requestAnimationFrame(run);
  };
}

/** Makes the buttons of a tab list switch panels, by click and arrow keys. */
export function tabs(list, show) {
  const all = () => [...list.querySelectorAll('[role="tab"]')].filter((t) => !t.hidden);
  const choose = (tab, focus) => {
    for (const t of list.querySelectorAll('[role="tab"]')) {
      t.setAttribute("aria-selected", String(t === tab));
      t.tabIndex = t === tab ? 0 : -1;
    }
    if (focus) tab.focus();
    show(tab.dataset.tab);
  };
  list.addEventListener("click", (e) => {
    const tab = e.target.closest('[role="tab"]');
    if (tab) choose(tab, false);
  });
  list.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const shown = all();
    choose(shown[(shown.indexOf(document.activeElement) + step + shown.length) % shown.length], true);
  });
  return (name) => choose(all().find((t) => t.dataset.tab === name) ?? all()[0], false);
}
