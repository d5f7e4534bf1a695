import { Effect } from "effect"
import { spawnSync } from "node:child_process"

/** A program of the host, to its end; anything but success is the suite's own fault. Gives its standard output. */
export const hostProgram = (argv: ReadonlyArray<string>, input = ""): Effect.Effect<string> =>
  Effect.sync(() => {
    const [program = "", ...args] = argv
    const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: "utf8", timeout: 20_000 })
    if (status !== 0) throw new Error(`${argv.join(" ")}: ${error?.message ?? stderr}`)
    return stdout
  })
