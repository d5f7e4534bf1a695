import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../cli/begin.ts"

export const demo = Command.make(
  "demo",
  {},
  Effect.fn("vmnet demo")(function* () {
    const { format } = yield* begin({ prints: "anything" })
    // A chunk of its own: nothing else of the program pays for it.
    const { runDemo } = yield* Effect.promise(() => import("../demo/run.ts"))
    return yield* runDemo(format)
  })
).pipe(
  Command.withDescription("Attach, reach and detach VMs on a simulated host of its own; this machine is not changed"),
  Command.withExamples([{ command: "vmnet demo" }])
)
