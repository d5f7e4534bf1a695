import type { GcResult } from "../vmnet/Vmnet.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { Finding } from "./Finding.ts"

const shown = 5

/** What a dry run of `gc` would delete: what nobody needs any more and is here still. */
export const leftoverFindings = ({ actions, problems, unrecorded = [] }: GcResult): ReadonlyArray<Finding> => {
  const left = actions.filter(({ action }) => action === "would-delete")
  const [unclear] = problems
  const ghosts = unrecordedFindings(unrecorded)
  if (left.length === 0 && unclear !== undefined) return [...ghosts, ...unknownLeftovers(unclear)]
  if (left.length === 0 && ghosts.length > 0) return ghosts
  if (left.length === 0) {
    return [
      { check: "leftovers", status: "ok", message: "nothing is left over of VMs that are gone", fix: null, details: {} }
    ]
  }
  const names = left.slice(0, shown).map(({ kind, name }) => `${kind} ${name}`)
  const more = left.length > shown ? ` and ${left.length - shown} more` : ""
  return [
    ...ghosts,
    {
      check: "leftovers",
      status: "problem",
      message: `${left.length} ${left.length === 1 ? "thing is" : "things are"} left over of VMs that are gone: ${names.join(", ")}${more}`,
      fix: "vmnet gc",
      details: { actions: left }
    }
  ]
}

/** What carries our tag, of VMs that are on no record. */
const unrecordedFindings = (vms: ReadonlyArray<string>): ReadonlyArray<Finding> => {
  if (vms.length === 0) return []
  const more = vms.length > shown ? ` and ${vms.length - shown} more` : ""
  return [
    {
      check: "leftovers",
      status: "problem",
      message: `objects of ${vms.slice(0, shown).join(", ")}${more} carry this install's tag but are on no record`,
      fix: `vmnet gc && vmnet down ${vms.slice(0, shown).join(" ")}${vms.length > shown ? " ..." : ""}`,
      details: { vms }
    }
  ]
}

/** The record cannot be asked: it is damaged, busy, or somebody else's. Everything else is told all the same. */
export const unknownLeftovers = (error: VmnetError): ReadonlyArray<Finding> => [
  {
    check: "leftovers",
    status: error.code === "LEDGER_FAILED" ? "problem" : "warning",
    message: `what is left over of VMs that are gone cannot be told: ${error.message}`,
    fix: error.hint ?? null,
    details: { code: error.code, ...error.details }
  }
]
