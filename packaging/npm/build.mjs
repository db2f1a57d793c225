// Makes the npm packages of a release: node build.mjs VERSION OUT PLATFORM=BINARY...
// with PLATFORM as Node names it, such as linux-x64. Each becomes a folder in OUT, and
// the main package depends on all of them, optionally.
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [version, out, ...binaries] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+/.test(version ?? "") || binaries.length === 0) {
  process.stderr.write("usage: node build.mjs VERSION OUT PLATFORM=BINARY..., with a VERSION such as 1.2.3\n");
  process.exit(2);
}
const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const root = join(here, "..", "..");
const main = JSON.parse(readFileSync(join(here, "wps", "package.json")));
const write = (folder, value) => writeFileSync(join(folder, "package.json"), JSON.stringify(value, null, 2) + "\n");
const notices = join(root, "build", "release", "THIRD_PARTY_NOTICES.txt");

main.version = version;
main.optionalDependencies = {};
for (const each of binaries) {
  const [platform, binary] = each.split("=");
  const [os, cpu] = platform.split("-");
  const name = `${main.name}-${platform}`;
  const folder = join(out, `wps-${platform}`);
  const program = `bin/wps${os === "win32" ? ".exe" : ""}`;
  mkdirSync(join(folder, "bin"), { recursive: true });
  copyFileSync(binary, join(folder, program));
  chmodSync(join(folder, program), 0o755);
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  if (existsSync(notices)) copyFileSync(notices, join(folder, "THIRD_PARTY_NOTICES.txt"));
  const { license, repository } = main;
  write(folder, { name, version, description: `The program of ${main.name} for ${platform}`, license, repository, os: [os], cpu: [cpu], files: ["bin", "THIRD_PARTY_NOTICES.txt"] });
  main.optionalDependencies[name] = version;
}
const folder = join(out, "wps");
cpSync(join(here, "wps"), folder, { recursive: true });
cpSync(join(root, "docs", "schemas"), join(folder, "schemas"), { recursive: true });
copyFileSync(join(here, "README.md"), join(folder, "README.md"));
copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
write(folder, main);
