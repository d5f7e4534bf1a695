import type { UpResult, Vmnet } from "@vmnet/core"
import { Effect, Option } from "effect"
import { Argument, CliError, Command, Flag } from "effect/cli"
import { begin } from "../cli/begin.ts"
import { optional } from "../cli/globals.ts"
import { pointToHelp } from "../cli/inputs.ts"
import { notice } from "../cli/notice.ts"
import { print } from "../cli/print.ts"
import { switchFlag } from "../cli/switchFlag.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { requirePrintable } from "../output/requirePrintable.ts"
import { attachmentDocument } from "../views/attachment.ts"
import { planDocument } from "../views/plan.ts"
import { type SeveralWords, upSeveral } from "./upSeveral.ts"

const text = (id: string, metavar: string, description: string): Flag.Flag<string> =>
  Flag.String(id).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

/** Unread: core reads them together with the configuration, so that a person hears of all problems at once. */
const flags = {
  vm: Argument.String("VM").pipe(
    Argument.withDescription("The VM's name: a-z 0-9 . _ - and at most 63 of them"),
    Argument.optional,
    Argument.map(Option.getOrUndefined)
  ),
  count: optional(text("count", "N", "So many VMs at once, numbered from 1: VM1, VM2, ... or as --name-template says")),
  nameTemplate: optional(
    text("name-template", "TEMPLATE", "Their names: {} is the number, {:04} one of four digits at least (with --count)")
  ),
  file: optional(
    text("file", "FILE", "All VMs of a YAML file at once: a list of names, or names with settings as under vms:")
  ),
  network: optional(text("network", "NETWORK", "The network it belongs to (default: the backend's own)")),
  publish: text(
    "publish",
    "SPEC",
    "[HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp], repeatable; of a range each port has the next one of the guest"
  ).pipe(Flag.withAlias("p"), Flag.between(0, 1024)),
  ip: optional(text("ip", "ADDR", "A fixed address out of the network's subnet")),
  slot: optional(text("slot", "N", "A fixed slot of a netns network")),
  mac: optional(text("mac", "MAC", "A fixed hardware address of the guest")),
  ownerPid: optional(
    text(
      "owner-pid",
      "PID",
      "The process the VM belongs to: once it is gone, gc takes the VM down, and the next up of it starts afresh"
    )
  ),
  netns: optional(text("netns", "PATH", "A veth into this network namespace instead of a TAP")),
  pid: optional(text("pid", "PID", "A veth into this process's network namespace instead of a TAP")),
  tapOwner: optional(text("tap-owner", "UID[:GID]", "Who may open the TAP besides root")),
  egress: text(
    "egress",
    "POLICY",
    "What it may open beyond its own network: internet (default), none, or ADDRESS[/PREFIX][:PORT[-END]][/tcp|udp], repeatable"
  ).pipe(Flag.between(0, 1024)),
  dryRun: switchFlag("dry-run", "Print what would be done, in order, and change nothing")
}

const summary = ({ attachment, existing }: UpResult): string =>
  `${attachment.vm} ${existing ? "was up already" : "is up"}: ${attachment.guest.address} on ${attachment.device.name}`

/** One VM: also its plan, and in any format. */
const upOne = Effect.fnUntraced(function* ({ dryRun, vm = "", ...words }: Omit<Words, keyof SeveralWords>) {
  const { globals, format } = yield* begin({ prints: dryRun ? "anything" : "attachment", backend: true })
  const { requestNotices, requestOf } = yield* Effect.promise(() => import("../config/requestOf.ts"))
  const request = yield* Effect.mapError(
    requestOf({ ...words, vm, backend: globals.backend }, globals.config),
    pointToHelp("up")
  )
  yield* notice(globals, requestNotices(request))
  if (dryRun) return yield* print(format, planDocument(yield* withVmnet(globals, (vmnet) => vmnet.plan(request))))
  const use = (vmnet: Vmnet["Service"]) => {
    const planned = Effect.map(vmnet.plan(request), ({ attachment }) => attachment)
    return Effect.andThen(requirePrintable(format, planned), vmnet.up(request))
  }
  const { attachment } = yield* withVmnet(globals, use, summary)
  return yield* print(format, attachmentDocument(attachment))
})

type Words = { readonly [K in keyof typeof flags]: (typeof flags)[K] extends Param<infer A> ? A : never }
type Param<A> = Flag.Flag<A> | Argument.Argument<A>

/** What is wrong with how the VMs are named, in one line. */
const misnamed = ({ count, file, nameTemplate, vm }: SeveralWords & { readonly vm: string | undefined }) => {
  if (file !== undefined && (count ?? nameTemplate) !== undefined) return "give --file or --count, not both"
  if (file !== undefined) return vm === undefined ? undefined : "--file names the VMs: give no VM beside it"
  if (count === undefined && nameTemplate !== undefined) return "--name-template needs --count"
  if (vm === undefined && nameTemplate === undefined)
    return count === undefined ? "VM is missing" : "VM is missing (or --name-template)"
  return vm !== undefined && nameTemplate !== undefined ? "give VM or --name-template, not both" : undefined
}

const mistake = (words: Words): string | undefined =>
  words.netns !== undefined && words.pid !== undefined ? "give --netns or --pid, not both" : misnamed(words)

export const up = Command.make(
  "up",
  flags,
  Effect.fn("vmnet up")(function* ({ count, file, nameTemplate, vm, ...words }) {
    if ((count ?? file) === undefined) return yield* upOne({ ...words, vm })
    return yield* upSeveral({ count, file, nameTemplate: nameTemplate ?? `${vm}{}` }, words)
  })
).pipe(
  Command.validate((words) => {
    const message = mistake(words)
    return message === undefined ? Effect.void : Effect.fail(new CliError.ValidationError({ message }))
  }),
  Command.withDescription("Attach a VM to a network; the same request again is the same answer"),
  Command.withExamples([
    {
      command: "vmnet up vm1 --backend bridge -p 8080:80",
      description: "A TAP on the default bridge, one port published"
    },
    {
      command: "vmnet up vm1 --network web --ip 10.0.42.7 --egress none",
      description: "A fixed address, nothing beyond its own network"
    },
    { command: "vmnet up vm1 --netns /run/netns/build", description: "A network for a namespace instead of a VM" },
    { command: "vmnet up vm1 --dry-run", description: "What it would do" },
    { command: "vmnet up --count 64 --name-template 'web{}' --backend netns", description: "64 VMs at once" },
    { command: "vmnet up --file vms.yaml", description: "All that the file names" }
  ])
)
