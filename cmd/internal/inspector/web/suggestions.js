// The list of suggestions below the filter of the traffic.
import { el } from "./dom.js";
import { complete, suggest } from "./filter.js";

/** Suggestions is the list below the filter: a combobox with a list box. */
export class Suggestions {
  #found = [];
  #at = -1;

  constructor(input, list, store, changed) {
    Object.assign(this, { input, list, store, changed });
    input.addEventListener("input", () => (this.#show(), changed()));
    input.addEventListener("focus", () => this.#show());
    input.addEventListener("blur", () => this.#hide());
    input.addEventListener("keydown", (e) => this.#key(e));
    list.addEventListener("mousedown", (e) => {
      e.preventDefault(); // keeps the focus in the field
      const i = [...list.children].indexOf(e.target.closest("li"));
      if (i >= 0) this.#take(i);
    });
  }

  #show() {
    const { input } = this;
    this.#found = suggest(input.value, input.selectionStart, (key) => this.store.seen(key));
    this.#at = -1;
    this.list.replaceChildren(...this.#found.map((s, i) =>
      el("li", { id: `suggestion-${i}`, role: "option", "aria-selected": "false" }, el("b", { text: s.text }), s.hint && el("span", { text: s.hint }))));
    this.#shown(this.#found.length > 0);
  }

  #hide() {
    this.#shown(false);
  }

  #shown(shown) {
    this.list.hidden = !shown;
    this.input.setAttribute("aria-expanded", String(shown));
    if (!shown) this.input.removeAttribute("aria-activedescendant");
  }

  #key(e) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && !this.list.hidden) {
      e.preventDefault();
      this.#mark((this.#at + step + this.#found.length) % this.#found.length);
    } else if ((e.key === "Enter" || e.key === "Tab") && this.#at >= 0 && !this.list.hidden) {
      e.preventDefault();
      this.#take(this.#at);
    } else if (e.key === "Enter") this.#hide();
    else if (e.key === "Escape" && !this.list.hidden) {
      e.stopPropagation();
      this.#hide();
    }
  }

  #mark(i) {
    this.#at = i;
    [...this.list.children].forEach((li, at) => li.setAttribute("aria-selected", String(at === i)));
    this.input.setAttribute("aria-activedescendant", `suggestion-${i}`);
  }

  #take(i) {
    const { text, cursor } = complete(this.input.value, this.input.selectionStart, this.#found[i].text);
    this.input.value = text;
    this.input.setSelectionRange(cursor, cursor);
    this.changed();
    this.#show();
  }
}
