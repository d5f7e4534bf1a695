import { Cause, Effect } from "effect"
import { Command } from "effect/cli"
import { check } from "../commands/check.ts"
import { config } from "../commands/config.ts"
import { demo } from "../commands/demo.ts"
import { doctor } from "../commands/doctor.ts"
import { down } from "../commands/down.ts"
import { exec } from "../commands/exec.ts"
import { gc } from "../commands/gc.ts"
import { ls } from "../commands/ls.ts"
import { network } from "../commands/network.ts"
import { publish } from "../commands/publish.ts"
import { repair } from "../commands/repair.ts"
import { resolvConf } from "../commands/resolvConf.ts"
import { show } from "../commands/show.ts"
import { status } from "../commands/status.ts"
import { unpublish } from "../commands/unpublish.ts"
import { up } from "../commands/up.ts"
import type { CommandExited } from "../exec/CommandExited.ts"
import { version } from "../version.ts"
import { separateShortValues, toneOf } from "./argv.ts"
import { root } from "./globals.ts"
import { layerOutput } from "./presenter.ts"
import { report } from "./report.ts"

export const vmnet = root.pipe(
  Command.withSubcommands([
    up,
    down,
    ls,
    show,
    publish,
    unpublish,
    resolvConf,
    exec,
    check,
    repair,
    gc,
    config,
    network,
    status,
    doctor,
    demo
  ]),
  Command.withExamples([
    { command: "vmnet up vm1 -p 8080:80", description: "A network for a VM, its port 80 on the host's port 8080" },
    { command: "vmnet exec vm1 -- env", description: "What a VMM needs to know of it: VMNET_DEVICE, VMNET_MAC, ..." },
    { command: "vmnet down vm1", description: "And the host is as it was" }
  ])
)

const run = Command.runWith(vmnet, { version, renderErrors: false })

/** A whole run: the result on stdout, failures told on stderr, the exit code as the answer. Interruption passes. */
export const runCli = (argv: ReadonlyArray<string>) => {
  const words = separateShortValues(argv)
  return run(words).pipe(
    Effect.as(0),
    Effect.catchTag("CommandExited", (error: CommandExited) => Effect.succeed(error.exitCode)),
    Effect.provide(layerOutput),
    Effect.catchCause((cause) =>
      // A signal: the exit code says all there is to say.
      Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : report(cause, toneOf(words), vmnet)
    )
  )
}
