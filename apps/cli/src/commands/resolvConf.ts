import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { vm } from "../cli/arguments.ts"
import { begin } from "../cli/begin.ts"
import { readVm } from "../cli/inputs.ts"
import { print } from "../cli/print.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { resolvConfDocument } from "../views/resolvConf.ts"

export const resolvConf = Command.make(
  "resolv-conf",
  {
    vm,
    rootfs: Flag.String("rootfs").pipe(
      Flag.withMetavar("DIR"),
      Flag.withDescription("The directory that the guest sees as /, from / on; no symbolic link in it is followed")
    )
  },
  Effect.fn("vmnet resolv-conf")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const vm = yield* readVm("resolv-conf", input.vm)
    const result = yield* withVmnet(globals, (vmnet) => vmnet.resolvConf(vm, input.rootfs))
    yield* print(format, resolvConfDocument(result))
  })
).pipe(
  Command.withDescription(
    "Mount a resolver file with the VM's DNS servers over etc/resolv.conf of a rootfs, read-only, until down"
  ),
  Command.withExamples([
    {
      command: "vmnet resolv-conf box --rootfs /var/lib/machines/box",
      description: "The same again is the same answer; vmnet down box takes it away"
    }
  ])
)
