// What the pages have beside their text: a search, buttons that copy code, and lists of
// pages and headings that are folded on small screens. All pages can be read without it.
"use strict";

const most = 12; // results that are shown

for (const pre of document.querySelectorAll("main pre:not([data-language=text], [data-language=''])")) {
  const box = document.createElement("div");
  const button = document.createElement("button");
  box.className = "code";
  button.type = "button";
  button.textContent = "Copy";
  pre.replaceWith(box);
  box.append(pre, button);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(codeOf(pre));
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not copied"; // the browser does not allow it
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

// codeOf returns what is to be copied: of a console block only what was typed.
function codeOf(pre) {
  if (pre.dataset.language !== "console") {
    return pre.textContent;
  }
  return Array.from(pre.querySelectorAll("b"), (line) => line.textContent.replace(/^\$ /, "") + "\n").join("");
}

// The lists beside the text are open where they have a column of their own.
for (const [list, width] of [["nav", "56rem"], ["aside", "78rem"]]) {
  const details = document.querySelector(`${list} details`);
  const wide = matchMedia(`(min-width: ${width})`);
  const unfold = () => details && (details.open = wide.matches);
  wide.addEventListener("change", unfold);
  unfold();
}

const input = document.getElementById("search");
const list = document.getElementById("found");
input.closest(".search").hidden = false;
input.addEventListener("input", show);
input.addEventListener("focus", show);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    list.hidden = true;
  } else if (event.key === "/" && !event.target.matches("input, textarea")) {
    event.preventDefault();
    input.focus();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !list.hidden && event.target.closest(".search")) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && event.target === input) {
    list.querySelector("a")?.click();
  }
});
document.addEventListener("click", (event) => {
  list.hidden = list.hidden || !event.target.closest(".search");
});

// move moves the focus among the field and what was found.
function move(by) {
  const stops = [input, ...list.querySelectorAll("a")];
  stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(document.activeElement) + by))].focus();
}

// load loads the index when it is first needed: as a script, since a page that is a
// file may not fetch.
let loading;
function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${document.body.dataset.root}assets/index.js`;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return loading;
}

// show lists what has all words of the search: in its title, in that and the title of
// its page, or in its text, in this order.
async function show() {
  if (input.value.trim() !== "") await load();
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  list.hidden = words.length === 0;
  if (list.hidden) return;
  const found = [[], [], [], []];
  for (const entry of window.searchIndex) found[rank(entry, words)].push(entry);
  const best = found.slice(0, 3).flat().slice(0, most);
  list.replaceChildren(...(best.length > 0 ? best.map((entry) => row(entry, words)) : [nothing()]));
}

// rank returns the place of an entry among the results; 3 is none.
function rank(entry, words) {
  const places = [entry.t, `${entry.t} ${entry.p ?? ""}`, `${entry.t} ${entry.p ?? ""} ${entry.x ?? ""}`];
  const at = places.findIndex((text) => words.every((word) => text.toLowerCase().includes(word)));
  return at < 0 ? 3 : at;
}

function row(entry, words) {
  const link = document.createElement("a");
  link.href = document.body.dataset.root + entry.h;
  link.textContent = entry.t;
  for (const text of [entry.p, excerpt(entry.x ?? "", words)].filter(Boolean)) {
    const small = document.createElement("small");
    small.textContent = text;
    link.append(small);
  }
  const li = document.createElement("li");
  li.append(link);
  return li;
}

// excerpt returns the text around the first of the words that it has, "" if none.
function excerpt(text, words) {
  const at = words.map((word) => text.toLowerCase().indexOf(word)).find((n) => n >= 0);
  if (at === undefined) return "";
  const from = Math.max(0, at - 30);
  return (from > 0 ? "... " : "") + text.slice(from, at + 80) + (at + 80 < text.length ? " ..." : "");
}

function nothing() {
  const li = document.createElement("li");
  li.className = "none";
  li.textContent = "No page has these words.";
  return li;
}
