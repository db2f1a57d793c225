// An emulator of Azure Web PubSub for tests.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { binary } from "./binary.js";

/** How long the emulator may take to end before it is killed, in milliseconds. */
const patience = 10_000;

/** The emulators that run, which end with this process. */
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export async function startEmulator({ args = [], env = process.env, output = "ignore", timeout = 10_000 } = {}) {
  const child = spawn(binary(), ["emulator", "--addr", "localhost:0", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let said = "";
  child.stderr.on("data", (data) => {
    said = (said + data).slice(-4000);
    if (output === "inherit") process.stderr.write(data);
  });
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
  });
  ended.then(() => running.delete(child));
  const stop = () => end(child, ended);
  const connectionString = await ready(child, ended, timeout, () => said).catch(async (error) => {
    await stop();
    throw error;
  });
  // A process with nothing else to do ends, and the emulator with it.
  for (const each of [child, child.stdout, child.stderr]) each.unref();
  return { connectionString, endpoint: endpointOf(connectionString), stop, [Symbol.asyncDispose ?? Symbol.for("asyncDispose")]: stop };
}

/** Returns what the emulator prints when it is ready: its connection string. */
async function ready(child, ended, timeout, said) {
  const printed = new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the emulator was not ready within ${timeout} ms: ${said()}`)), timeout);
  });
  const failed = ended.then((how) => Promise.reject(new Error(`the emulator ${how}: ${said().trim()}`)));
  try {
    return await Promise.race([printed, failed, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the emulator, which closes its clients with 1001, and waits until it has ended. */
async function end(child, ended) {
  child.ref();
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  await ended;
  clearTimeout(timer);
}

/** The Endpoint of a connection string. */
function endpointOf(connectionString) {
  return /Endpoint=([^;]*)/.exec(connectionString)[1];
}
