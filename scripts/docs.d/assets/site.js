// What the pages have beside their text: a search of titles and headings, buttons that
// copy code, and lists of pages and headings that are folded on small screens. All pages can be read
// without it.
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
    await navigator.clipboard.writeText(codeOf(pre));
    button.textContent = "Copied";
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
  }
});
document.addEventListener("click", (event) => {
  list.hidden = list.hidden || !event.target.closest(".search");
});

// show lists what has all words of the search in its title or in that of its page.
function show() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  list.hidden = words.length === 0;
  const has = (text) => words.every((word) => text.toLowerCase().includes(word));
  const found = window.searchIndex.filter((entry) => has(entry.t) || has(`${entry.t} ${entry.p ?? ""}`));
  found.sort((a, b) => has(b.t) - has(a.t) || Boolean(a.p) - Boolean(b.p));
  list.replaceChildren(...(found.length > 0 ? found.slice(0, most).map(row) : [nothing()]));
}

function row(entry) {
  const link = document.createElement("a");
  link.href = document.body.dataset.root + entry.h;
  link.textContent = entry.t;
  if (entry.p) {
    const page = document.createElement("small");
    page.textContent = entry.p;
    link.append(page);
  }
  const li = document.createElement("li");
  li.append(link);
  return li;
}

function nothing() {
  const li = document.createElement("li");
  li.className = "none";
  li.textContent = "No page or heading has these words.";
  return li;
}
