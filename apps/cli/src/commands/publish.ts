import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../cli/begin.ts"
import { specs, vm } from "../cli/arguments.ts"
import { readSpecs, readVm } from "../cli/inputs.ts"
import { print } from "../cli/print.ts"
import { requirePrintable } from "../output/requirePrintable.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { attachmentDocument } from "../views/attachment.ts"

export const publish = Command.make(
  "publish",
  { vm, specs },
  Effect.fn("vmnet publish")(function* (input) {
    const { globals, format } = yield* begin({ prints: "attachment" })
    const vm = yield* readVm("publish", input.vm)
    const specs = yield* readSpecs("publish", input.specs)
    const attachment = yield* withVmnet(globals, (vmnet) => {
      const known = Effect.map(vmnet.show(vm), ({ attachment }) => attachment)
      return Effect.andThen(requirePrintable(format, known), vmnet.publish(vm, specs))
    })
    yield* print(format, attachmentDocument(attachment))
  })
).pipe(
  Command.withDescription("Publish more ports of a VM on the host; all of them or none"),
  Command.withExamples([
    { command: "vmnet publish vm1 8080:80", description: "Port 8080 of every host address is the guest's port 80" },
    { command: "vmnet publish vm1 127.0.0.1:5000-5009:5000/udp", description: "Ten UDP ports, from the host only" }
  ])
)
