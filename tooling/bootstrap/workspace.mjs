import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

// Everything in this directory runs on whatever Node the machine has (20 or newer), before anything is installed.

export const root = fileURLToPath(new URL("../..", import.meta.url))

/** @param {...string} parts */
export const inRoot = (...parts) => join(root, ...parts)

/** Programs of the repository; the `node` among them is the pinned one. */
const binDirectories = [inRoot("node_modules", ".bin"), inRoot(".toolchain", "node_modules", ".bin")]

/** @param {string} name */
export const bin = (name) => inRoot("node_modules", ".bin", name)

export const pnpm = inRoot(".toolchain", "node_modules", ".bin", "pnpm")

/** The environment of every child: the repository's programs first, nothing that asks or phones home. */
export const environment = () => ({
  ...process.env,
  PATH: [...binDirectories, process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"].join(delimiter),
  CI: process.env["CI"] ?? "true",
  TURBO_TELEMETRY_DISABLED: "1"
})
