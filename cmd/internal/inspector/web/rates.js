// Counts by second and latencies of the last two minutes, for the small charts.
// Pure, without a document or a clock.
import { percentile } from "./format.js";

/** How many seconds are kept. */
export const seconds = 120;

/** How many latencies of one second are kept; more are sampled. */
const mostLatencies = 500;

/** Rates counts what happened in each of the last 120 seconds. */
export class Rates {
  #buckets = new Map();

  #bucket(second) {
    let b = this.#buckets.get(second);
    if (!b) {
      this.#buckets.set(second, (b = { all: 0, latencies: [], events: 0 }));
      for (const old of this.#buckets.keys()) {
        if (old < second - seconds) this.#buckets.delete(old);
      }
    }
    return b;
  }

  /** Counts a traffic object at the time it happened, in milliseconds since 1970. */
  add(e) {
    const ms = Date.parse(e.time);
    if (Number.isNaN(ms)) return;
    const b = this.#bucket(Math.floor(ms / 1000));
    if (e.type === "sampled" || e.type === "dropped") {
      b.all += e.count ?? 0;
      return;
    }
    b.all++;
    if (e.type === "event" && Number.isFinite(e.milliseconds)) {
      b.events++;
      if (b.latencies.length < mostLatencies) b.latencies.push(e.milliseconds);
      else b.latencies[b.events % mostLatencies] = e.milliseconds;
    }
  }

  /**
   * Counts what totals grew by between two answers of the server, spread evenly over
   * the seconds between them. A total that shrank is of another run, and is left out.
   */
  addTotals(before, after) {
    const [from, to] = [Date.parse(before.time), Date.parse(after.time)];
    const whole = Math.max(1, Math.round((to - from) / 1000));
    for (const name of ["messages", "deliveries"]) {
      const grown = (after.totals?.[name] ?? 0) - (before.totals?.[name] ?? 0);
      if (!(grown > 0)) continue;
      for (let i = 0; i < Math.min(whole, seconds); i++) {
        const b = this.#bucket(Math.floor(to / 1000) - i);
        b[name] = (b[name] ?? 0) + grown / whole;
      }
    }
  }

  /** Returns the counts of the 120 seconds before now, oldest first. */
  series(name, now) {
    const end = Math.floor(now / 1000);
    return Array.from({ length: seconds }, (_, i) => this.#buckets.get(end - seconds + i)?.[name] ?? 0);
  }

  /** Returns percentile p of the latencies of each of the 120 seconds; NaN for none. */
  latencies(p, now) {
    const end = Math.floor(now / 1000);
    return Array.from({ length: seconds }, (_, i) => {
      const all = this.#buckets.get(end - seconds + i)?.latencies ?? [];
      return percentile([...all].sort((a, b) => a - b), p);
    });
  }

  /** Returns how many happened in a second, as the mean of the last few seconds before now. */
  last(name, now, of = 3) {
    return this.series(name, now).slice(-of).reduce((sum, n) => sum + n, 0) / of;
  }

  clear() {
    this.#buckets.clear();
  }
}
