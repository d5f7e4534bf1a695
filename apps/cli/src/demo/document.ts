import type { Document } from "../output/Document.ts"
import type { Style } from "../terminal/style.ts"
import { attachmentListDocument } from "../views/attachmentList.ts"
import { columns } from "../views/columns.ts"
import type { Entry } from "./Journal.ts"
import type { Outcome } from "./scenario.ts"

const identical =
  "the host is byte-identical to before: links, addresses, routes, firewall, sysctls, namespaces, processes, files"

/** Whether the host is what it was, and what is not. */
export const verdict = ({ differences }: Outcome, style: Style): string =>
  differences.length === 0
    ? style.green(`✓ ${identical}`)
    : [style.red("✗ the host is not what it was:"), ...differences].join("\n")

/** What was shown, and whether the host is what it was. */
export const demoDocument = (entries: ReadonlyArray<Entry>, outcome: Outcome): Document => {
  const { differences, vms } = outcome
  return {
    json: { steps: entries, vms, identical: differences.length === 0, differences },
    table: (style) => {
      const rows = entries.map(({ step, result, milliseconds }) => [step, result, `${milliseconds} ms`])
      const sideBySide = attachmentListDocument(vms).table(style)
      return [columns(["STEP", "RESULT", "TIME"], rows, style), sideBySide, verdict(outcome, style)].join("\n\n")
    }
  }
}
