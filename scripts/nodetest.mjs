// A reporter for `node --test` that writes "PASSED FAILED" into the file that
// $COUNTS names, from the summary at the end of a run. It writes before it goes
// on: --test-force-exit ends the process without waiting for what streams still
// hold, so that the end of a report to a file may never get there.
import { writeFileSync } from "node:fs";

export default async function* counts(events) {
  const seen = {};
  for await (const { type, data } of events) {
    const summary = type === "test:diagnostic" && /^(pass|fail|cancelled) (\d+)$/.exec(data.message);
    if (!summary) continue;
    seen[summary[1]] = Number(summary[2]);
    if (Object.keys(seen).length === 3) writeFileSync(process.env.COUNTS, `${seen.pass} ${seen.fail + seen.cancelled}\n`);
  }
  yield "";
}
