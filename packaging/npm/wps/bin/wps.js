#!/usr/bin/env node
// Runs wps with the arguments, the streams and the signals of this process.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { binary } from "../binary.js";

let program;
try {
  program = binary();
} catch (error) {
  process.stderr.write(`wps: ${error.message}\n`);
  process.exit(1);
}
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });

// A terminal sends Ctrl-C to both: wps decides what it means. Others send signals to
// this process alone, so it passes them on.
process.on("SIGINT", () => {
  if (!process.stdin.isTTY) child.kill("SIGINT");
});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));

child.on("error", (error) => {
  process.stderr.write(`wps: ${program}: ${error.message}\n`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
