import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { begin } from "../cli/begin.ts"
import { print } from "../cli/print.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { Streams } from "../terminal/Streams.ts"
import { attachmentListDocument } from "../views/attachmentList.ts"

export const ls = Command.make(
  "ls",
  {},
  Effect.fn("vmnet ls")(function* () {
    const { globals, format } = yield* begin({ prints: "anything" })
    const attachments = yield* withVmnet(globals, (vmnet) => vmnet.list)
    yield* print(format, attachmentListDocument(attachments))
    const { stderr } = yield* Streams
    if (attachments.length === 0 && stderr.terminal) yield* Console.error("no VMs; vmnet up VM attaches one")
  })
).pipe(
  Command.withDescription("List the VMs"),
  Command.withExamples([
    { command: "vmnet ls" },
    { command: "vmnet ls --json | jq -r '.vms[].vm'", description: "Their names, for a script" }
  ])
)
