// Reads `go test -json`, prints a line for each package and the output of what
// failed, and writes "PASSED FAILED" into the file that the first argument
// names. Exits 1 when anything failed or nothing ran.
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const output = new Map();
let passed = 0;
let failed = 0;
let broken = false;

const key = (e) => `${e.Package ?? e.ImportPath} ${e.Test ?? ""}`;

/**
 * Prints and forgets what a test, a package or a build had to say. A data race
 * is always shown: it stands with whatever test was running beside it.
 */
function flush(e, shown) {
  const text = (output.get(key(e)) ?? []).join("");
  output.delete(key(e));
  if (shown || text.includes("WARNING: DATA RACE")) process.stdout.write(text);
}

function testEnded(e) {
  flush(e, e.Action === "fail");
  if (e.Action === "pass") passed++;
  if (e.Action === "fail") failed++;
}

function packageEnded(e) {
  broken ||= e.Action === "fail";
  flush(e, e.Action === "fail");
  if (e.Action !== "skip") console.log(`   ${e.Action} ${e.Package} ${e.Elapsed}s`);
}

for await (const line of createInterface({ input: process.stdin })) {
  let e;
  try {
    e = JSON.parse(line);
  } catch {
    console.log(line); // go itself speaks
    continue;
  }
  if (e.Output !== undefined) {
    if (!output.has(key(e))) output.set(key(e), []);
    output.get(key(e)).push(e.Output);
  } else if (e.Action === "build-fail") {
    flush(e, true);
  } else if (["pass", "fail", "skip"].includes(e.Action)) {
    e.Test === undefined ? packageEnded(e) : testEnded(e);
  }
}
if (broken && failed === 0) failed = 1; // a package that did not build, or ended early
writeFileSync(process.argv[2], `${passed} ${failed}\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
