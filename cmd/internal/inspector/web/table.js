// A table of many rows of one height, of which only the visible ones are in the
// document. It stays at its end until the reader scrolls up.
import { el } from "./dom.js";

/** How many rows beyond the visible ones are in the document, on each side. */
const overscan = 6;

/**
 * Table shows rows.length rows. columns: {label, class, text(item)}. on: choose(item)
 * for a row that was clicked, newer(count) with how many rows came below since the
 * reader scrolled up, tone(item) with the class of a row. rows has length and at(i).
 */
export class Table {
  #pool = [];
  #start = 0;
  #newer = 0;
  #settled = -1; // the scroll position that was set here
  #pressed; // the item that the pointer was last pressed on
  /** The row that is chosen, -1 for none. */
  chosen = -1;
  atEnd = true;

  constructor(root, columns, rows, on) {
    Object.assign(this, { root, columns, rows, on });
    this.above = gap();
    this.below = gap();
    this.body = el("tbody", {}, this.above, this.below);
    const head = el("thead", {}, el("tr", { "aria-rowindex": "1" }, columns.map((c) => el("th", { scope: "col", class: c.class, text: c.label }))));
    this.table = el("table", { role: "grid", tabindex: "0", "aria-label": "Traffic", class: "rows" }, head, this.body);
    root.append(this.table);
    root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.table.addEventListener("pointerdown", (e) => (this.#pressed = this.#itemAt(e.target)));
    this.table.addEventListener("click", (e) => this.#clicked(e));
    new ResizeObserver(() => this.render()).observe(root);
  }

  #itemAt(target) {
    return this.#pool.find((r) => r.row.contains(target))?.item;
  }

  /** Chooses what was under the pointer when it was pressed: rows may have moved since. */
  #clicked(e) {
    const item = e.detail > 0 ? this.#pressed : this.#itemAt(e.target);
    if (item) this.on.choose(item);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.root;
    if (Math.abs(scrollTop - this.#settled) < 1) return;
    this.#settled = -1;
    this.atEnd = scrollTop + clientHeight >= scrollHeight - 2;
    if (this.atEnd) this.#count(0);
    this.render();
  }

  #count(n) {
    if (n === this.#newer) return;
    this.#newer = n;
    this.on.newer(n);
  }

  /** Takes in that rows were added at the end and dropped at the beginning. */
  changed({ added, dropped }) {
    if (!this.atEnd) {
      this.#count(Math.min(this.rows.length, this.#newer + added));
      if (dropped > 0) this.#scrollTo(Math.max(0, this.root.scrollTop - dropped * this.height));
    }
    this.render();
  }

  /** Shows other rows, at their end. */
  replaced() {
    this.atEnd = true;
    this.chosen = -1;
    this.#count(0);
    this.render();
  }

  toEnd() {
    this.atEnd = true;
    this.#count(0);
    this.render();
  }

  get height() {
    return parseFloat(getComputedStyle(this.root).getPropertyValue("--row")) || 24;
  }

  /** Chooses a row and brings it into view. */
  choose(i) {
    this.chosen = i;
    if (i >= 0) this.#reveal(i);
    this.render();
  }

  #reveal(i) {
    const { height } = this;
    const visible = this.root.clientHeight - this.#head();
    const top = i * height;
    const at = this.atEnd ? this.root.scrollHeight - this.root.clientHeight : this.root.scrollTop;
    if (top >= at && top + height <= at + visible) {
      if (i < this.rows.length - 1) this.atEnd = false;
      return;
    }
    this.atEnd = i === this.rows.length - 1;
    this.#resize();
    this.#scrollTo(top < at ? top : Math.max(0, top + height - visible));
  }

  #head() {
    return this.table.tHead.offsetHeight;
  }

  #scrollTo(top) {
    this.root.scrollTop = top;
    this.#settled = this.root.scrollTop;
  }

  /** Makes the table as high as all rows are, so that it can be scrolled. */
  #resize() {
    const shown = this.#pool.length;
    gapHeight(this.above, this.#start * this.height);
    gapHeight(this.below, Math.max(0, this.rows.length - this.#start - shown) * this.height);
  }

  /** Brings the document up to date. */
  render() {
    const { height, root } = this;
    if (root.clientHeight === 0) return; // hidden
    const n = this.rows.length;
    const fit = Math.ceil((root.clientHeight - this.#head()) / height) + 2 * overscan;
    const top = this.atEnd ? n * height : root.scrollTop;
    const start = Math.max(0, Math.min(n - fit, Math.floor(top / height) - overscan));
    this.#start = start;
    this.#fill(Math.min(fit, n - start));
    this.#resize();
    this.table.setAttribute("aria-rowcount", String(n + 1));
    if (this.atEnd) this.#scrollTo(root.scrollHeight);
  }

  #fill(n) {
    while (this.#pool.length < n) this.#pool.push(new Row(this.columns, this.#pool.length, this.below));
    while (this.#pool.length > n) this.#pool.pop().row.remove();
    let active = null;
    for (let slot = 0; slot < n; slot++) {
      const i = this.#start + slot;
      const chosen = i === this.chosen;
      this.#pool[slot].show(this.rows.at(i), i, chosen, this.on.tone(this.rows.at(i)));
      if (chosen) active = this.#pool[slot].row.id;
    }
    active ? this.table.setAttribute("aria-activedescendant", active) : this.table.removeAttribute("aria-activedescendant");
  }
}

const gap = () => el("tr", { class: "gap", "aria-hidden": "true" }, el("td"));

function gapHeight(row, height) {
  row.hidden = height === 0;
  row.firstChild.style.height = `${height}px`;
}

/** Row is a row of the document, which shows one row of the table after another. */
class Row {
  #shown = [];

  constructor(columns, slot, before) {
    this.columns = columns;
    this.cells = columns.map((c) => el("td", { class: c.class }));
    this.row = el("tr", { id: `row-${slot}` }, this.cells);
    before.before(this.row);
  }

  show(item, i, chosen, tone) {
    this.item = item;
    this.#set("aria-rowindex", String(i + 2));
    this.#set("aria-selected", String(chosen));
    this.#set("class", tone);
    this.columns.forEach((c, at) => {
      const text = String(c.text(item) ?? "");
      if (this.#shown[at] === text) return;
      this.#shown[at] = text;
      this.cells[at].textContent = text;
    });
  }

  #set(name, value) {
    if (this.row.getAttribute(name) !== value) this.row.setAttribute(name, value);
  }
}
