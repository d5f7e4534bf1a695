import { type Attachment, VmnetError, type VmDetail } from "@vmnet/core"
import { Effect } from "effect"
import { Argument, CliError, Command } from "effect/cli"
import { vm } from "../cli/arguments.ts"
import { begin } from "../cli/begin.ts"
import { readVm } from "../cli/inputs.ts"
import { Invocation } from "../cli/Invocation.ts"
import { UsageLine } from "../cli/presenter.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { CommandExited } from "../exec/CommandExited.ts"
import { CommandRunner, type NetnsFile } from "../exec/CommandRunner.ts"
import { environmentOf } from "../output/environmentOf.ts"

const netnsOf = ({ attachment, holder, request }: VmDetail): NetnsFile | null => {
  const path = attachment.device.netns
  if (holder !== undefined) return { path: `/proc/${holder.pid}/ns/net`, process: holder, user: true }
  if (path === null) return null
  const { target } = request
  return target?._tag === "Process" ? { path, process: target } : { path }
}

const notActive = ({ vm, state }: Attachment): VmnetError =>
  state === "failed"
    ? new VmnetError({
        code: "VM_CONFLICT",
        detail: `${vm} has failed and has no working network`,
        hint: `vmnet show ${vm} tells why; vmnet down ${vm} removes it.`
      })
    : new VmnetError({ code: "BUSY", detail: `${vm} is ${state}`, hint: "Try again." })

const environment = (inherited: Invocation["env"], attachment: Attachment): Readonly<Record<string, string>> => {
  const set = Object.entries(inherited).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  return { ...Object.fromEntries(set), ...environmentOf(attachment) }
}

export const exec = Command.make(
  "exec",
  {
    vm,
    command: Argument.String("CMD").pipe(
      Argument.withDescription("The command and its arguments, after --"),
      Argument.variadic({ min: 1 })
    )
  },
  Effect.fn("vmnet exec")(function* (input) {
    const { globals } = yield* begin({ prints: "nothing" })
    const vm = yield* readVm("exec", input.vm)
    const detail = yield* withVmnet(globals, (vmnet) => vmnet.show(vm))
    if (detail.attachment.state !== "active") return yield* notActive(detail.attachment)
    const { env } = yield* Invocation
    const runner = yield* CommandRunner
    const [program = "", ...args] = input.command
    const exitCode = yield* runner.run({
      argv: [program, ...args],
      env: environment(env, detail.attachment),
      netns: netnsOf(detail)
    })
    if (exitCode !== 0) return yield* new CommandExited({ exitCode })
    return undefined
  })
).pipe(
  Command.validate(({ command }) =>
    command[0] === "" ? Effect.fail(new CliError.ValidationError({ message: "CMD must not be empty" })) : Effect.void
  ),
  Command.annotate(UsageLine, "vmnet exec [flags] VM -- CMD..."),
  Command.withShortDescription("Run a command where the VM's device is, with the VM in its environment"),
  Command.withDescription(
    "Run a command where the VM's device is: in its network namespace, or the host's. The command knows the VM by " +
      "the variables of -o env (VMNET_DEVICE, VMNET_MAC, VMNET_ADDRESS, ...); its exit code is the exit code"
  ),
  Command.withExamples([
    { command: "vmnet exec vm1 -- ip -brief address" },
    {
      command: `vmnet exec vm1 -- sh -c 'exec qemu-system-x86_64 -nic tap,ifname=$VMNET_DEVICE,script=no,mac=$VMNET_MAC ...'`,
      description: "Start a VMM on its device"
    }
  ])
)
