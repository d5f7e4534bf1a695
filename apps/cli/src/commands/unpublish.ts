import { Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../cli/begin.ts"
import { specs, vm } from "../cli/arguments.ts"
import { readSpecs, readVm } from "../cli/inputs.ts"
import { print } from "../cli/print.ts"
import { requirePrintable } from "../output/requirePrintable.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { attachmentDocument } from "../views/attachment.ts"

export const unpublish = Command.make(
  "unpublish",
  { vm, specs },
  Effect.fn("vmnet unpublish")(function* (input) {
    const { globals, format } = yield* begin({ prints: "attachment" })
    const vm = yield* readVm("unpublish", input.vm)
    const specs = yield* readSpecs("unpublish", input.specs)
    const attachment = yield* withVmnet(globals, (vmnet) => {
      const known = Effect.map(vmnet.show(vm), ({ attachment }) => attachment)
      return Effect.andThen(requirePrintable(format, known), vmnet.unpublish(vm, specs))
    })
    yield* print(format, attachmentDocument(attachment))
  })
).pipe(
  Command.withDescription("Take published ports back, named as they were published; all of them or none"),
  Command.withExamples([{ command: "vmnet unpublish vm1 8080:80" }])
)
