// A vmnet process of its own on the network it is started in. Each line of standard input is a command; all its VMs are
// worked on at the same moment, and one line tells how each of them ended. Its first line is `"ready"`.
import { Vmnet, type VmnetError } from "@vmnet/core"
import { Effect, ManagedRuntime } from "effect"
import { createInterface } from "node:readline"
import { request } from "../memoryHost.ts"
import { layerReal } from "../realLayers.ts"
import type { Command, Outcome, VmOutcome } from "../workers.ts"

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

const one = Effect.fn("one")(function* (command: Command, vm: string) {
  const vmnet = yield* Vmnet
  if (command.verb === "down") return yield* vmnet.down(vm)
  const { attachment, existing } = yield* vmnet.up(request(vm, command.flags, command.config))
  return { attachment, existing }
})

const told = Effect.fn("told")(function* (command: Command, vm: string) {
  const answer: Effect.Effect<Outcome, VmnetError, Vmnet> = one(command, vm)
  return yield* Effect.matchEager(answer, {
    onFailure: ({ code, exitCode, message }): VmOutcome => ({ vm, code, exitCode, message }),
    onSuccess: (outcome): VmOutcome => ({ ...outcome, vm })
  })
})

const all = (command: Command) => Effect.forEach(command.vms, (vm) => told(command, vm), { concurrency: "unbounded" })

const runtime = ManagedRuntime.make(layerReal)
await runtime.runPromise(Vmnet)
say("ready")
for await (const line of createInterface({ input: process.stdin })) {
  say(await runtime.runPromise(all(JSON.parse(line) as Command)))
}
await runtime.dispose()
