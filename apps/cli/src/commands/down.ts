import type { DownResult, EachVm, Status, Vmnet, VmnetError } from "@vmnet/core"
import { Effect, Result } from "effect"
import { CliError, Command } from "effect/cli"
import { begin } from "../cli/begin.ts"
import { vms } from "../cli/arguments.ts"
import { readVms } from "../cli/inputs.ts"
import { notice } from "../cli/notice.ts"
import { print } from "../cli/print.ts"
import { failFirst } from "../cli/SeveralFailures.ts"
import { switchFlag } from "../cli/switchFlag.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { type DownLine, downsDocument } from "../views/downs.ts"

interface Down extends DownLine {
  readonly error?: VmnetError
}

const lineOf = ({ vm, outcome, left }: Down): DownLine => (left === undefined ? { vm, outcome } : { vm, outcome, left })

const downOf = ({ result, vm }: EachVm<DownResult>): Down =>
  Result.match(result, {
    onSuccess: ({ outcome, left }): Down => ({ vm, outcome, ...(left === undefined ? {} : { left }) }),
    onFailure: (error): Down => ({ vm, outcome: "failed", error })
  })

const summarise = (downs: ReadonlyArray<Down>): string => {
  if (downs.length === 1) return `${downs[0]!.vm} ${downs[0]!.outcome}`
  const count = (outcome: Down["outcome"]): number => downs.filter((down) => down.outcome === outcome).length
  const parts = (["removed", "absent", "failed"] as const).filter((outcome) => count(outcome) > 0)
  return parts.length === 0 ? "no VMs" : parts.map((outcome) => `${count(outcome)} ${outcome}`).join(", ")
}

/** What is left on purpose. The VMs are down already: that nobody can say what is left fails nothing. */
const readyPools = (vmnet: Vmnet["Service"]): Effect.Effect<Status["pools"]> =>
  vmnet.status.pipe(
    Effect.map(({ pools }) => pools.filter(({ ready }) => ready > 0)),
    Effect.orElseSucceed(() => [])
  )

const readyNotice = ({ network, ready }: Status["pools"][number]): string =>
  `the pool of ${network} still has ${ready} device${ready === 1 ? "" : "s"} ready; to remove ${ready === 1 ? "it" : "them"}: ` +
  `vmnet network rm ${network}`

const leftNotices = ({ vm, left = [] }: Down): ReadonlyArray<string> =>
  left.map(
    ({ kind, name }) => `${vm}: ${kind} ${name} was left alone: it does not carry the VM's tag, so it is not ours`
  )

export const down = Command.make(
  "down",
  { vms, all: switchFlag("all", "Every VM of this state directory") },
  Effect.fn("vmnet down")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const named = yield* readVms("down", input.vms)
    // Together, and each on its own: a VM that cannot be taken down keeps no other one up.
    const { downs, pools } = yield* withVmnet(
      globals,
      Effect.fnUntraced(function* (vmnet) {
        const names = input.all ? (yield* vmnet.list).map(({ vm }) => vm) : named
        const downs = (yield* vmnet.downMany(names)).map(downOf)
        return { downs, pools: input.all ? yield* readyPools(vmnet) : [] }
      }),
      ({ downs }) => summarise(downs)
    )
    yield* notice(globals, [...downs.flatMap(leftNotices), ...pools.map(readyNotice)])
    const failures = downs.flatMap(({ error, vm }) => (error === undefined ? [] : [{ vm, error }]))
    yield* print(format, downsDocument(downs.map(lineOf), failures))
    yield* failFirst(
      "VMs could not be taken down",
      failures.map(({ error }) => error)
    )
  })
).pipe(
  Command.validate(({ vms, all }) => {
    if (all && vms.length > 0)
      return Effect.fail(new CliError.ValidationError({ message: "name VMs or give --all, not both" }))
    if (!all && vms.length === 0)
      return Effect.fail(new CliError.ValidationError({ message: "VM is missing (or --all)" }))
    return Effect.void
  }),
  Command.withDescription("Detach VMs and undo everything that was done for them; success when they are not there"),
  Command.withExamples([
    { command: "vmnet down vm1 vm2" },
    { command: "vmnet down --all", description: "Leave the host as it was before vmnet" }
  ])
)
