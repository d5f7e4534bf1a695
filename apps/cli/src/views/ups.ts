import type { EachVm, UpResult } from "@vmnet/core"
import { Result } from "effect"
import type { Document } from "../output/Document.ts"
import { attachmentRow, listHeadings } from "./attachmentList.ts"
import { columns } from "./columns.ts"
import type { VmFailure } from "./failures.ts"
import { failedJson } from "./failures.ts"

export const failuresOf = (each: ReadonlyArray<EachVm<unknown>>): ReadonlyArray<VmFailure> =>
  each.flatMap(({ result, vm }) => (Result.isFailure(result) ? [{ vm, error: result.failure }] : []))

/** What became of several VMs that were to come up. Why one failed is on stderr, and in the JSON. */
export const upsDocument = (each: ReadonlyArray<EachVm<UpResult>>): Document => {
  const attachments = each.flatMap(({ result }) => (Result.isSuccess(result) ? [result.success.attachment] : []))
  return {
    json: { vms: attachments, ...failedJson(failuresOf(each)) },
    table: (style) =>
      columns(
        listHeadings,
        each.map(({ result, vm }) =>
          Result.isSuccess(result)
            ? attachmentRow(result.success.attachment, style)
            : [vm, { text: "failed", paint: style.red }, "", "", "", "", ""]
        ),
        style
      )
  }
}
