// What belongs together: the happenings of one chain with their times, drawn as
// bars from when each began.
import { began, hue, what } from "./describe.js";
import { el } from "./dom.js";
import { duration } from "./format.js";

/** How many happenings of a chain are drawn. */
const most = 200;

/**
 * Returns the happenings of a chain in the order in which they began, with when each
 * began after the first and its bar in percent, and the whole time. Nothing begins
 * before its cause, which was published first: clocks are read at different places.
 */
export function layout(chain) {
  const byId = [...chain].sort((a, b) => a.id - b.id);
  const first = began(byId[0]);
  const at = (e) => Math.max(0, began(e) - first);
  const whole = Math.max(...chain.map((e) => Date.parse(e.time))) - first;
  const scale = whole > 0 ? 100 / whole : 0;
  const bars = byId.map((e) => ({ e, at: at(e), offset: at(e) * scale, width: Math.min(whole - at(e), e.milliseconds ?? 0) * scale }));
  return { whole, bars: bars.sort((a, b) => a.at - b.at || a.e.id - b.e.id) };
}

/** Returns the drawing of a chain. choose(e) is called for a chosen happening. */
export function chainPart(chain, chosen, choose) {
  const { whole, bars } = layout(chain.slice(0, most));
  const rows = bars.map((bar) => el("li", {}, chainRow(bar.e, bar, bar.e === chosen, choose)));
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
