// The filter of the traffic: words such as hub:chat status:>=400 -type:message text,
// all of which must fit. Pure functions, without a document.
import { chainOf } from "./describe.js";

/** The keys of the filter, and what each means. */
export const keys = {
  type: "what happened, such as event or message",
  hub: "the hub",
  user: "the user id; * matches any text",
  conn: "the connection id",
  group: "the group",
  event: "the name of an event",
  status: "the status, such as >=400 or 4xx",
  size: "the bytes of the data, such as >1000",
  ms: "the milliseconds it took, such as >50",
  chain: "the chain it belongs to",
  id: "the id of one happening",
};

const aliases = { kind: "type", connection: "conn", userid: "user", connectionid: "conn", duration: "ms" };

const texts = {
  type: (e) => e.type, hub: (e) => e.hub, user: (e) => e.userId, conn: (e) => e.connectionId,
  group: (e) => e.group ?? (e.target === "group" ? e.targetId : undefined), event: (e) => e.event, chain: chainOf, id: (e) => e.id,
};

const numbers = { status: (e) => e.status || e.closeCode, size: (e) => e.bytes, ms: (e) => e.milliseconds };

/** Splits a filter into words; quotation marks keep spaces together. */
export function words(text) {
  const found = [];
  for (const m of text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)) found.push({ text: m[0], start: m.index, end: m.index + m[0].length });
  return found;
}

const unquote = (s) => s.replaceAll('"', "");

/** Returns {match(e), errors}: match reports whether a traffic object fits all words. */
export function parse(text) {
  const tests = [];
  const errors = [];
  for (const word of words(text)) {
    const negated = word.text.length > 1 && word.text.startsWith("-");
    const test = wordTest(negated ? word.text.slice(1) : word.text, errors);
    if (test) tests.push(negated ? (e) => !test(e) : test);
  }
  return { match: (e) => tests.every((test) => test(e)), errors, empty: tests.length === 0 };
}

function wordTest(word, errors) {
  const colon = word.startsWith('"') ? -1 : word.indexOf(":");
  const name = word.slice(0, Math.max(colon, 0)).toLowerCase();
  const key = aliases[name] ?? name;
  if (colon < 1 || !Object.hasOwn(keys, key)) return freeText(unquote(word));
  const value = unquote(word.slice(colon + 1));
  if (value === "") return null; // a word that is being typed
  return key in numbers ? numberTest(key, value, errors) : valueTest(texts[key], value);
}

function freeText(text) {
  const wanted = text.toLowerCase();
  return wanted === "" ? null : (e) => haystack(e).includes(wanted);
}

const haystacks = new WeakMap();

/** How long a text is at most that is kept for the next search. */
const mostKept = 2000;

/** Returns all texts of a traffic object in lower case. */
export function haystack(e) {
  const known = haystacks.get(e);
  if (known !== undefined) return known;
  const { time, ...rest } = e;
  const text = Object.values(rest).map((v) => (typeof v === "object" ? JSON.stringify(v) : v)).join("\n").toLowerCase();
  if (text.length <= mostKept) haystacks.set(e, text);
  return text;
}

function valueTest(read, value) {
  const tests = value.split(",").filter(Boolean).map((v) => {
    if (!v.includes("*")) return (s) => s.toLowerCase() === v.toLowerCase();
    const pattern = new RegExp(`^${v.split("*").map((p) => p.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`, "is");
    return (s) => pattern.test(s);
  });
  return (e) => {
    const s = read(e);
    return s !== undefined && s !== null && tests.some((test) => test(String(s)));
  };
}

const compare = { ">=": (a, b) => a >= b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, "<": (a, b) => a < b, "=": (a, b) => a === b };

function numberTest(key, value, errors) {
  const read = numbers[key];
  const hundreds = /^([1-5])xx$/i.exec(value);
  if (hundreds && key === "status") return (e) => Math.floor(read(e) / 100) === Number(hundreds[1]);
  const m = /^(>=|<=|>|<|=)?(\d+(?:\.\d+)?)$/.exec(value);
  if (!m) {
    errors.push(`${key}:${value} is not a number: use ${key}:200, ${key}:>=400${key === "status" ? " or status:4xx" : ""}`);
    return null;
  }
  const fits = compare[m[1] ?? "="];
  return (e) => fits(Number(read(e) ?? NaN), Number(m[2]));
}

/** Returns the word of a filter that contains or touches the cursor. */
export function wordAt(text, cursor) {
  return words(text).find((w) => w.start < cursor && cursor <= w.end) ?? { text: "", start: cursor, end: cursor };
}

/**
 * Returns suggestions for the word at the cursor: {text, hint} with the whole
 * word. seen(key) returns the values of a key that occurred.
 */
export function suggest(text, cursor, seen, most = 8) {
  const word = wordAt(text, cursor).text;
  const sign = word.startsWith("-") ? "-" : "";
  const rest = word.slice(sign.length);
  const colon = rest.indexOf(":");
  if (colon < 0) {
    const begun = Object.keys(keys).filter((k) => k.startsWith(rest.toLowerCase()));
    return begun.slice(0, most).map((k) => ({ text: `${sign}${k}:`, hint: keys[k] }));
  }
  const name = rest.slice(0, colon).toLowerCase();
  const key = aliases[name] ?? name;
  const value = unquote(rest.slice(colon + 1)).toLowerCase();
  const values = seen(key).filter((v) => v.toLowerCase().startsWith(value) && v.toLowerCase() !== value);
  return values.slice(0, most).map((v) => ({ text: `${sign}${key}:${/\s/.test(v) ? `"${v}"` : v}`, hint: "" }));
}

/** Returns a filter with the word at the cursor replaced, and the new cursor. */
export function complete(text, cursor, replacement) {
  const word = wordAt(text, cursor);
  const space = replacement.endsWith(":") || text[word.end] === " " ? "" : " ";
  const before = text.slice(0, word.start) + replacement + space;
  return { text: before + text.slice(word.end), cursor: before.length };
}
