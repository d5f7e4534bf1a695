import { VmnetError } from "@vmnet/core"
import { enterArgv, isPrivate } from "@vmnet/testkit"
import { Effect } from "effect"
import { Invocation } from "../cli/Invocation.ts"
import { CommandExited } from "../exec/CommandExited.ts"
import { CommandRunner } from "../exec/CommandRunner.ts"
import type { Format } from "../output/Format.ts"
import { styleFor } from "../terminal/style.ts"
import { Streams } from "../terminal/Streams.ts"
import { finish } from "./finish.ts"
import { makeJournal } from "./Journal.ts"
import { scenario } from "./scenario.ts"

/** Says that this is the program inside, so that a failed entry never becomes an endless one. */
const insideVariable = "VMNET_DEMO_INSIDE"

/** Runs the demo in network and mount namespaces of its own, which it enters by starting this program again there. */
export const runDemo = Effect.fnUntraced(function* (format: Format) {
  const { env } = yield* Invocation
  if (isPrivate() && env[insideVariable] !== undefined) return yield* show(format)
  if (process.geteuid?.() !== 0) return yield* needsRoot
  if (env[insideVariable] !== undefined) return yield* notEntered
  return yield* enter(env)
})

const show = Effect.fnUntraced(function* (format: Format) {
  const streams = yield* Streams
  const journal = makeJournal(streams, styleFor(streams.stderr))
  const outcome = yield* Effect.interruptible(scenario(journal))
  return yield* finish(format, journal.entries, outcome)
})

const enter = Effect.fnUntraced(function* (env: Invocation["env"]) {
  const runner = yield* CommandRunner
  const [program = "", ...args] = enterArgv([process.execPath, ...process.argv.slice(1)])
  const set = Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  const inside = { ...Object.fromEntries(set), [insideVariable]: "1" }
  const exitCode = yield* runner.run({ argv: [program, ...args], env: inside, netns: null })
  if (exitCode !== 0) return yield* new CommandExited({ exitCode })
})

const needsRoot = new VmnetError({
  code: "NO_PERMISSION",
  detail: "the demo makes network namespaces, which needs root",
  hint: "Run it as root: sudo npm run demo. It changes nothing outside of namespaces of its own."
})

const notEntered = new VmnetError({
  code: "HOST_NOT_CAPABLE",
  detail: "the demo could not enter network and mount namespaces of its own",
  hint: "Containers often forbid it; run it on a real or virtual machine."
})
