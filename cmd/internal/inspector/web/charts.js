// Small charts of the last two minutes, as SVG.
import { el } from "./dom.js";

const width = 240;

/** How many values may lack between two that are joined by a line. */
const bridged = 10;

/**
 * Returns the points of lines through values. Those that are no numbers are left
 * out: a line goes on over a few of them. A single value becomes a short dash.
 */
export function lines(values, height, top) {
  const step = width / Math.max(1, values.length - 1);
  const scale = top > 0 ? (height - 2) / top : 0;
  const all = [];
  let last = -Infinity;
  values.forEach((v, i) => {
    if (!Number.isFinite(v)) return;
    if (i - last > bridged + 1) all.push([]);
    all.at(-1).push([i * step, height - 1 - v * scale]);
    last = i;
  });
  return all.map((line) => {
    if (line.length === 1) line.push([line[0][0] + step, line[0][1]]);
    return line.map((p) => p.map((n) => n.toFixed(1)).join(",")).join(" ");
  });
}

/** Returns the least of 1, 2, 5, 10, 20, ... that is not below a number. */
export function ceiling(n) {
  if (!(n > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 5, 10].map((f) => f * power).find((top) => top >= n * 0.9999);
}

/** Returns the greatest number of some series, 0 for none. */
export const greatest = (...series) => series.flat().reduce((most, v) => (v > most ? v : most), 0);

/**
 * Draws series into an svg element: [{values, class}]. Returns the number at the
 * top of the chart.
 */
export function draw(svg, series, height) {
  const top = ceiling(greatest(...series.map((s) => s.values)));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.replaceChildren(...series.flatMap((s) => lines(s.values, height, top).map((points) => el("polyline", { points, class: s.class }))));
  return top;
}
