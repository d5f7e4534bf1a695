import { Layer } from "effect"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import type { HostOps } from "./services.ts"
import type { SuiteOptions } from "./suiteTests.ts"

/** The install that suites on a real kernel are of. */
export const suiteInstall = "0123abcd"

const commandIn = (directory: string): string => join(directory, "node_modules", ".bin", "vmnet")

/** The command of the project that the tests are run in, as its build leaves it: here, or in a directory above. */
const commandFrom = (directory: string): string | undefined => {
  if (existsSync(commandIn(directory))) return commandIn(directory)
  return directory === dirname(directory) ? undefined : commandFrom(dirname(directory))
}

/** A way to the kernel: `layerNative`, `layerExec`. */
type Way = (options: { readonly install: string; readonly stateDir: string }) => Layer.Layer<HostOps, unknown>

/**
 * How suites run on the real kernel, which is reached one way or the other: `suiteOn("native", layerNative)`. Call it once and
 * keep what it gives: layers are shared by reference.
 */
export const suiteOn = (way: string, operations: Way): Omit<SuiteOptions, "backends"> => ({
  way,
  install: suiteInstall,
  ops: Layer.orDie(operations({ install: suiteInstall, stateDir: "/run/vmnet" })),
  vmnet: commandFrom(process.cwd()) ?? commandIn(process.cwd())
})
