import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../cli/begin.ts"
import { vm } from "../cli/arguments.ts"
import { readVm } from "../cli/inputs.ts"
import { print } from "../cli/print.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { vmDetailDocument } from "../views/vmDetail.ts"

export const show = Command.make(
  "show",
  { vm },
  Effect.fn("vmnet show")(function* (input) {
    const { globals, format } = yield* begin({ prints: "attachment" })
    const vm = yield* readVm("show", input.vm)
    yield* print(format, vmDetailDocument(yield* withVmnet(globals, (vmnet) => vmnet.show(vm))))
  })
).pipe(
  Command.withDescription("Show a VM, and every kernel object that is its own"),
  Command.withExamples([
    { command: "vmnet show vm1" },
    { command: 'eval "$(vmnet show vm1 -o env)"', description: "Its addresses as shell variables (VMNET_ADDRESS, ...)" }
  ])
)
