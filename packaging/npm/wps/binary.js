// Finds the program in the package of this platform, an optional dependency of this
// one: npm installs the one that fits and skips the others.
import { createRequire } from "node:module";

const scope = "@example/wps";
const require = createRequire(import.meta.url);

/** Returns the path of the program: $WPS_BINARY, or that in the package of this platform. */
export function binary() {
  if (process.env.WPS_BINARY) return process.env.WPS_BINARY;
  const name = `${scope}-${process.platform}-${process.arch}`;
  try {
    return require.resolve(`${name}/bin/wps${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    throw new Error(
      `${scope} needs the package ${name}, which is not installed: npm leaves it out with --omit=optional, and if ` +
        "node_modules was installed on another platform. There is none for other platforms: set WPS_BINARY to a program that you built",
    );
  }
}
