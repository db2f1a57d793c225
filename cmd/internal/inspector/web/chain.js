// What belongs together: the happenings of one chain with their times, drawn as
// bars from when each began.
import { began, hue, what } from "./describe.js";
import { el } from "./dom.js";
import { duration } from "./format.js";

/** How many happenings of a chain are drawn. */
const most = 200;

/** Returns {offset, width} in percent for each happening of a chain, and its whole time. */
export function layout(chain) {
  const starts = chain.map(began);
  const first = Math.min(...starts);
  const whole = Math.max(...chain.map((e) => Date.parse(e.time))) - first;
  const scale = whole > 0 ? 100 / whole : 0;
  const bars = chain.map((e, i) => ({ at: starts[i] - first, offset: (starts[i] - first) * scale, width: (e.milliseconds ?? 0) * scale }));
  return { whole, bars };
}

/** Returns the drawing of a chain. choose(e) is called for a chosen happening. */
export function chainPart(chain, chosen, choose) {
  const drawn = chain.slice(0, most).sort((a, b) => began(a) - began(b) || a.id - b.id);
  const { whole, bars } = layout(drawn);
  const rows = drawn.map((e, i) => el("li", {}, chainRow(e, bars[i], e === chosen, choose)));
  return el("section", { class: "chain" },
    el("h4", { text: `Chain ${chosen.chain}: ${chain.length} in ${duration(whole)}` }),
    el("ol", {}, rows),
    chain.length > most && el("p", { class: "muted", text: `and ${chain.length - most} more` }));
}

function chainRow(e, bar, current, choose) {
  const mark = el("span", { class: "bar" });
  mark.style.setProperty("--at", `${bar.offset}%`);
  mark.style.setProperty("--wide", `${bar.width}%`);
  return el("button", { type: "button", class: `hue-${hue(e.type)}`, "aria-current": current ? "true" : null, on: { click: () => choose(e) } },
    el("span", { class: "offset number", text: `+${duration(bar.at)}` }),
    el("span", { class: "word", text: e.type }),
    el("span", { class: "what", text: what(e) }),
    el("span", { class: "track", "aria-hidden": "true" }, mark));
}
