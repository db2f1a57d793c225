// Follows the stream of traffic of the server, and comes back when it was lost.

/** How long the stream may be silent, in milliseconds: it has a line each 5 s. */
const silence = 12_000;

/** Delays before the stream is opened again, in milliseconds: half to all of it. */
const firstDelay = 400;
const lastDelay = 5000;

/** Lines splits chunks of bytes into lines of text; a line may be cut anywhere. */
export class Lines {
  #decoder = new TextDecoder();
  #rest = "";

  /** Returns the lines that a chunk completes. */
  push(chunk) {
    const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = parts.pop();
    return parts.filter((line) => line !== "");
  }
}

/** Returns the traffic objects of lines; a line that is not JSON becomes a note. */
export function objects(lines) {
  const all = [];
  for (const line of lines) {
    try {
      const e = JSON.parse(line);
      if (e && typeof e === "object" && e.type !== "alive") all.push(e);
    } catch {
      all.push({ type: "note", time: new Date().toISOString(), reason: `a line of the stream is not JSON: ${line.slice(0, 80)}` });
    }
  }
  return all;
}

/** Returns the delay before try n (from 0), between half and all of its limit. */
export function delay(n, random = Math.random()) {
  const limit = Math.min(lastDelay, firstDelay * 2 ** Math.min(n, 20));
  return limit / 2 + (limit / 2) * random;
}

/**
 * Follower reads the stream until it is stopped. on has: info(info) when the server
 * was reached, reset() when it is another run, events(batch), state(name, error)
 * with connecting, live, lost or stale.
 */
export class Follower {
  #stop = new AbortController();
  #run = "";
  #wake = () => {};

  constructor(api, lastId, on) {
    this.api = api;
    this.lastId = lastId;
    this.on = on;
  }

  stop() {
    this.#stop.abort();
    this.#wake();
  }

  /** Tries at once instead of waiting for the delay. */
  retry() {
    this.#wake();
  }

  async run() {
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      const error = await this.#once(() => (failures = 0));
      if (this.#stop.signal.aborted) return;
      if (error?.stale) return this.on.state("stale", error);
      this.on.state("lost", error);
      await this.#pause(delay(failures));
    }
  }

  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Reads the stream once. Returns why it ended. */
  async #once(reached) {
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, ended.signal]);
    const watch = { timer: setTimeout(() => ended.abort(), silence) };
    try {
      const info = await this.api.get("info", signal);
      if (this.#run && this.#run !== info.run) this.on.reset();
      this.#run = info.run;
      this.on.info(info);
      const after = this.lastId();
      const answer = await this.api.open(`stream?after=${after}`, signal);
      this.on.state("live");
      reached();
      await this.#read(answer.body.getReader(), watch, ended);
      return null;
    } catch (e) {
      return e;
    } finally {
      clearTimeout(watch.timer);
      ended.abort();
    }
  }

  async #read(reader, watch, ended) {
    const lines = new Lines();
    for (;;) {
      clearTimeout(watch.timer);
      watch.timer = setTimeout(() => ended.abort(), silence);
      const { done, value } = await reader.read();
      if (done) return;
      const batch = objects(lines.push(value));
      if (batch.length > 0) this.on.events(batch);
    }
  }
}
