import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, clock, compact, count, duration, fromBase64, hexDump, oneLine, parseJSON, percentile, plain, since, toBase64 } from "../web/format.js";

function each(fn, cases) {
  for (const [input, want] of cases) assert.equal(fn(input), want, `${fn.name}(${JSON.stringify(input)})`);
}

test("bytes are written with a unit", () => {
  each(bytes, [[0, "0 B"], [5, "5 B"], [1023, "1023 B"], [1024, "1.0 KiB"], [1536, "1.5 KiB"], [150 * 1024, "150 KiB"], [1 << 20, "1.0 MiB"], [NaN, ""], [undefined, ""]]);
});

test("durations have a unit that fits", () => {
  each(duration, [[0, "0.00 ms"], [0.42, "0.42 ms"], [3.21, "3.2 ms"], [12.5, "13 ms"], [999, "999 ms"], [1500, "1.50 s"], [12_345, "12.3 s"], [61_000, "1 min 1 s"], [undefined, ""]]);
});

test("counts are grouped or compact", () => {
  each(count, [[0, "0"], [999, "999"], [1234, "1\u202f234"], [1234567, "1\u202f234\u202f567"]]);
  each(compact, [[0, "0"], [950, "950"], [1234, "1.2k"], [9960, "10k"], [123_456, "123k"], [2_500_000, "3M"]]);
});

test("the time of day has milliseconds, an unreadable time is empty", () => {
  assert.match(clock("2026-11-30T20:50:01.007Z"), /^\d\d:\d\d:01\.007$/);
  assert.equal(clock("yesterday"), "");
  each((ms) => since(1_000_000 - ms, 1_000_000), [[0, "0 s"], [59_000, "59 s"], [61_000, "1 min"]]);
  assert.equal(since("2026-01-01T00:00:00Z", Date.parse("2026-01-02T03:04:05Z")), "1 d 3 h");
});

test("a line has no break, control or hidden character", () => {
  each(oneLine, [
    ["a\r\nb\nc", "a⏎b⏎c"], ["\u001b[31mred", "␛[31mred"], ["\u202eevil", "\\u202eevil"], ["zero\u200bwidth", "zero\\u200bwidth"],
    ["\u0000", "␀"], ["\u0085", "\\u0085"], ["<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"], [undefined, ""], [null, ""], [7, "7"],
  ]);
  assert.equal(oneLine("x".repeat(500), 10), `${"x".repeat(10)}…`);
});

test("text keeps its line breaks and tabs", () => {
  each(plain, [["a\r\nb\tc", "a\nb\tc"], ["a\u0007b", "a␇b"], ["\u2066x", "\\u2066x"]]);
});

test("bytes are read from base64 and written as it", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(fromBase64(toBase64(all)), all);
  assert.equal(toBase64(new Uint8Array(70_000)).length, Math.ceil(70_000 / 3) * 4);
  assert.equal(fromBase64("%%"), null);
});

test("a hex dump has offset, bytes and characters, and a limit", () => {
  assert.equal(hexDump(new TextEncoder().encode("hello, world! \u00e9")),
    "00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 20 c3 a9  hello, world! ..");
  assert.equal(hexDump(Uint8Array.of(1, 2)).trimEnd(), `00000000  01 02${" ".repeat(18)}  ${" ".repeat(23)}  ..`.trimEnd());
  assert.equal(hexDump(new Uint8Array(1 << 20), 10).split("\n").length, 10);
  assert.equal(hexDump(new Uint8Array()), "");
});

test("JSON is a value or a reason", () => {
  assert.deepEqual(parseJSON('{"a":[1]}'), { value: { a: [1] } });
  assert.match(parseJSON("{").error, /./);
});

test("percentiles are of the sorted numbers", () => {
  const sorted = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.equal(percentile(sorted, 0.5), 50);
  assert.equal(percentile(sorted, 0.99), 99);
  assert.equal(percentile([7], 0.01), 7);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});
