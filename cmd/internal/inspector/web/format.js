// Numbers, times and bytes as the page shows them. Pure functions, without a
// document.

const units = ["B", "KiB", "MiB", "GiB"];

/** Returns a number of bytes for people: 5 B, 1.5 KiB. */
export function bytes(n) {
  if (!Number.isFinite(n)) return "";
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  const digits = unit === 0 || n >= 100 ? 0 : 1;
  return `${n.toFixed(digits)} ${units[unit]}`;
}

/** Returns a duration in milliseconds for people: 0.42 ms, 12 ms, 1.5 s. */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "";
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms >= 10) return `${Math.round(ms)} ms`;
  return `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
}

/** Returns a count with thin separators: 12 345. */
export function count(n) {
  return Number.isFinite(n) ? String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, "\u202f") : "";
}

/** Returns a count in at most four characters: 950, 1.2k, 10k, 3M. */
export function compact(n) {
  if (n < 1000) return String(Math.round(n));
  if (n < 9950) return `${(n / 1000).toFixed(1)}k`;
  if (n < 999_500) return `${Math.round(n / 1000)}k`;
  return `${Math.round(n / 1e6)}M`;
}

const two = (n) => String(n).padStart(2, "0");

/** Returns the local time of day with milliseconds of a time in RFC 3339. */
export function clock(time) {
  const d = new Date(time);
  if (Number.isNaN(d.getTime())) return "";
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.${String(d.getMilliseconds()).padStart(3, "0")}`;
}

/** Returns how long ago a time was: 5 s, 3 min, 2 h. */
export function since(time, now = Date.now()) {
  const s = Math.max(0, Math.round((now - new Date(time).getTime()) / 1000));
  if (!Number.isFinite(s)) return "";
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

// Characters that would change how the text around them is shown: controls, and
// those that set the direction of writing or have no width.
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function visible(c) {
  const code = c.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * Returns a text on one line of at most most characters. Controls and characters
 * that set the direction of writing are made visible.
 */
export function oneLine(text, most = 300) {
  const s = String(text ?? "");
  const cut = s.length > most ? `${s.slice(0, most)}…` : s;
  return cut.replace(/\r?\n/g, "⏎").replace(unseen, visible);
}

/** Returns a text with its line breaks and tabs, other controls made visible. */
export function plain(text) {
  return String(text ?? "").replace(unseen, (c) => (c === "\n" || c === "\t" ? c : c === "\r" ? "" : visible(c)));
}

/** Returns the bytes of base64, null when it is not base64. */
export function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Returns bytes as base64. */
export function toBase64(data) {
  let binary = "";
  for (let i = 0; i < data.length; i += 0x8000) binary += String.fromCharCode(...data.subarray(i, i + 0x8000));
  return btoa(binary);
}

/** Returns bytes as lines of offset, 16 bytes in hex and their ASCII characters. */
export function hexDump(data, mostLines = 4096) {
  const lines = [];
  for (let at = 0; at < data.length && lines.length < mostLines; at += 16) {
    const row = Array.from(data.subarray(at, at + 16));
    const hex = row.map((b) => b.toString(16).padStart(2, "0"));
    const left = hex.slice(0, 8).join(" ");
    const right = hex.slice(8).join(" ");
    const ascii = row.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${left.padEnd(23)}  ${right.padEnd(23)}  ${ascii}`);
  }
  return lines.join("\n");
}

/** Exact is a number of JSON as it was written, where a number of JavaScript is another. */
export class Exact {
  constructor(source) {
    this.source = source;
  }
}

const exact = (key, value, context) =>
  typeof value === "number" && context?.source !== undefined && String(value) !== context.source ? new Exact(context.source) : value;

/** Returns the value of a JSON text as {value}, with Exact numbers, or {error}. */
export function parseJSON(text) {
  try {
    return { value: JSON.parse(text, exact) };
  } catch (e) {
    return { error: e.message };
  }
}

/** Returns p (0 to 1) of the sorted numbers. */
export function percentile(sorted, p) {
  if (sorted.length === 0) return NaN;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))];
}
