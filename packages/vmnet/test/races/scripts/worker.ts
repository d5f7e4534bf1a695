// A vmnet process of its own. Each line of standard input is an order: steps, and a moment to begin at. It tells when each
// of them begins and how it ends, one line each, then `"done"`; its first line is `"ready"`.
import { type Attachment, decodeConfig, parsePublish, Vmnet, type VmnetError } from "@vmnet/core"
import { Effect, Layer, Logger, ManagedRuntime, Result } from "effect"
import { createInterface } from "node:readline"
import { layerVmnetHost, requestOf } from "vmnet/effect"
import type { Order, Told } from "../Crew.ts"
import type { Outcome, Seen, Step, Up } from "../History.ts"
import { config as text } from "../networks.ts"

const config = Result.getOrThrow(decodeConfig(text, "config.yaml"))
const say = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`)
const now = (): number => Number(process.hrtime.bigint()) / 1e6

const thingsOf = ({ backend, device, guest, host, network }: Attachment): ReadonlyArray<string> => {
  if (backend === "slirp") return [`device ${device.netns} ${device.name}`]
  const address = backend === "netns" ? host.address : guest.address.split("/")[0]!
  const mac = backend === "netns" ? [] : [`MAC ${guest.mac}`]
  return [`address ${address} of ${network}`, `device ${device.netns ?? "host"} ${device.name}`, ...mac]
}

const seenOf = (attachment: Attachment): Seen => ({
  vm: attachment.vm,
  state: attachment.state,
  generation: attachment.generation,
  network: attachment.network,
  address: attachment.guest.address,
  things: thingsOf(attachment),
  publish: attachment.publish.map(({ hostPort }) => hostPort)
})

const flagsOf = ({ ip, network, owned, publish, slot, vm }: Up) => ({
  vm,
  network,
  egress: [],
  publish: publish.map((port) => `${port}:80`),
  ...(ip === undefined ? {} : { ip }),
  ...(slot === undefined ? {} : { slot: `${slot}` }),
  ...(owned ? { ownerPid: `${process.pid}` } : {})
})

const specOf = (port: number) => Result.getOrThrow(parsePublish(`${port}:80`))

/** A network's settings are those of any request for it. */
const specOfNetwork = (network: string) =>
  Effect.map(
    requestOf(flagsOf({ _tag: "Up", vm: "any", network, owned: false, publish: [] }), config),
    (request) => request.network
  )

const outcomeOf = Effect.fnUntraced(function* (step: Step) {
  const vmnet = yield* Vmnet
  switch (step._tag) {
    case "Up": {
      const { attachment, existing } = yield* vmnet.up(yield* requestOf(flagsOf(step), config))
      return { word: existing ? "existing" : "made", seen: [seenOf(attachment)] } satisfies Outcome
    }
    case "Down":
      return { word: (yield* vmnet.down(step.vm)).outcome } satisfies Outcome
    case "Show":
      return { word: "shown", seen: [seenOf((yield* vmnet.show(step.vm)).attachment)] } satisfies Outcome
    case "Publish":
    case "Unpublish": {
      const verb = step._tag === "Publish" ? vmnet.publish : vmnet.unpublish
      return { word: "changed", seen: [seenOf(yield* verb(step.vm, [specOf(step.port)]))] } satisfies Outcome
    }
    case "List":
      return { word: "listed", seen: (yield* vmnet.list).map(seenOf) } satisfies Outcome
    case "Gc": {
      const { actions, problems } = yield* vmnet.gc({ dryRun: false })
      if (problems.length > 0)
        return { word: "GC_PROBLEMS", message: problems.map(({ message }) => message).join("; ") }
      const taken = actions.flatMap(({ action, kind, vm }) =>
        action === "deleted" && kind === "Lease" ? (vm ?? []) : []
      )
      return { word: "collected", taken } satisfies Outcome
    }
    case "Warm":
      return {
        word: "warmed",
        details: { ...(yield* vmnet.warm(yield* specOfNetwork(step.network))) }
      } satisfies Outcome
    case "RemoveNetwork":
      return { word: (yield* vmnet.removeNetwork(step.network)).outcome } satisfies Outcome
  }
})

const refused = ({ code, details, message }: VmnetError): Outcome => ({
  word: code,
  message,
  ...(details && { details })
})

/** Does nothing else, so that it begins at the very moment. */
const waitUntil = (moment: number): void => {
  while (now() < moment);
}

const layer = layerVmnetHost({ stateDir: "/run/vmnet" }).pipe(
  Layer.provideMerge(Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]))
)
const runtime = ManagedRuntime.make(layer)
await runtime.runPromise(Vmnet)
say("ready")
for await (const line of createInterface({ input: process.stdin })) {
  const { at, steps } = JSON.parse(line) as Order
  if (at !== undefined) waitUntil(at)
  for (const [index, step] of steps.entries()) {
    say({ begins: index, at: now() })
    const outcome = await runtime.runPromise(
      Effect.matchCause(Effect.match(outcomeOf(step), { onFailure: refused, onSuccess: (one): Outcome => one }), {
        onFailure: (cause): Outcome => ({ word: "DEFECT", message: String(cause) }),
        onSuccess: (one) => one
      })
    )
    say({ ends: index, at: now(), outcome })
  }
  say("done")
}
await runtime.dispose()
