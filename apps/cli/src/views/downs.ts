import type { LeftAlone } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { columnsOrNothing } from "./columns.ts"
import { failedJson, type VmFailure } from "./failures.ts"

/** One VM of a `down`. A failed one is listed too: its error is on stderr. */
export interface DownLine {
  readonly vm: string
  readonly outcome: "removed" | "absent" | "releasing" | "failed"
  /** What is somebody else's and was not touched. */
  readonly left?: ReadonlyArray<LeftAlone>
}

export const downsDocument = (downs: ReadonlyArray<DownLine>, failures: ReadonlyArray<VmFailure>): Document => ({
  json: { vms: downs, ...failedJson(failures) },
  table: (style) =>
    columnsOrNothing(
      ["VM", "OUTCOME"],
      downs.map(({ vm, outcome }) => [
        vm,
        { text: outcome, paint: outcome === "failed" ? style.red : outcome === "absent" ? style.dim : style.green }
      ]),
      style
    )
})
