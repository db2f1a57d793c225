// Runs a command and draws what it printed, with the times at which it did, as an
// SVG that plays like a terminal:
//
//	node scripts/recording.mjs docs/demo.svg scripts/demo
//
// Pauses are shortened. With reduced motion, the end is shown at once.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";

const columns = 100;
const rows = 26;
const lineHeight = 18;
const charWidth = 7.8;

/** Pauses between lines, in seconds: at least, at most, and before a command. */
const least = 0.06;
const longest = 0.9;
const beforeCommand = 0.7;

/** Runs a command; returns its lines with the seconds at which each came. */
function record(command) {
  const lines = [];
  const began = performance.now();
  let rest = "";
  const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NO_COLOR: "1" } });
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    for (const line of parts) lines.push({ line, at: (performance.now() - began) / 1000 });
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(lines) : reject(new Error(`${command.join(" ")} ended with ${code}`))));
  });
}

const clean = (line) => line.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "").replaceAll("\t", "    ");
const cut = (line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);
const escape = (s) => s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Returns the lines with the times at which the picture shows them. */
function timed(lines) {
  let now = 0.5;
  return lines.map(({ line, at }, i) => {
    const pause = i === 0 ? 0 : at - lines[i - 1].at;
    now += Math.min(longest, Math.max(least, pause)) + (line.startsWith("$") ? beforeCommand : 0);
    return { text: cut(clean(line)), at: now };
  });
}

function svg(lines) {
  const width = Math.round(columns * charWidth + 32);
  const height = rows * lineHeight + 28;
  const whole = lines.at(-1).at + 0.1;
  const scrolled = lines.map(({ at }, i) => [at, Math.max(0, i + 1 - rows)]).filter(([, n]) => n > 0);
  const frames = scrolled.map(([at, n]) => `${((at / whole) * 100).toFixed(2)}%{transform:translateY(${-n * lineHeight}px)}`).join("");
  const end = Math.max(0, lines.length - rows) * lineHeight;
  const kind = (text) => (text.startsWith("$") ? "p" : text.startsWith("#") ? "c" : "o");
  const body = lines.map(({ text, at }, i) => text && `<text y="${(i + 1) * lineHeight}" class="${kind(text)}" style="animation-delay:${at.toFixed(2)}s">${escape(text)}</text>`).filter(Boolean);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A recording of the main commands of wps with their output">
<style>svg{background:#14171a;border-radius:8px}text{font:13px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;animation:s 1ms both}.o{fill:#d5dae0}.p{fill:#fff;font-weight:700}.c{fill:#8b96a1}#a{animation:m ${whole.toFixed(2)}s step-end both}@keyframes s{from{opacity:0}}@keyframes m{0%{transform:none}${frames}100%{transform:translateY(${-end}px)}}@media (prefers-reduced-motion:reduce){text,#a{animation:none}#a{transform:translateY(${-end}px)}}</style>
<rect width="${width}" height="${height}" rx="8" fill="#14171a"/>
<svg x="16" y="10" width="${width - 32}" height="${height - 16}"><g id="a">
${body.join("\n")}
</g></svg>
</svg>
`;
}

const [file, ...command] = process.argv.slice(2);
if (!file || command.length === 0) {
  console.error("usage: node scripts/recording.mjs FILE.svg COMMAND [ARGUMENT...]");
  process.exit(2);
}
const lines = timed(await record(command));
const text = svg(lines);
writeFileSync(file, text);
console.log(`${file}: ${text.length} bytes, ${lines.length} lines, ${lines.at(-1).at.toFixed(0)} s`);
