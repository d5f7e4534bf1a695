import type { VmnetError } from "../errors/VmnetError.ts"
import type { CheckResult, Status } from "../vmnet/Vmnet.ts"
import type { Finding } from "./Finding.ts"

const shown = 5

const list = (words: ReadonlyArray<string>): string => {
  const more = words.length > shown ? ` and ${words.length - shown} more` : ""
  return `${words.slice(0, shown).join(", ")}${more}`
}

/** What `check` finds: objects on record that are not in the kernel as they were made. */
export const driftFindings = ({ drift }: CheckResult): ReadonlyArray<Finding> => {
  const found = drift.filter((item) => item.drift !== "unfinished")
  if (found.length === 0) {
    return [{ check: "drift", status: "ok", message: "every object on record is as planned", fix: null, details: {} }]
  }
  const objects = list(found.map(({ kind, name, drift: how }) => `${kind} ${name} (${how})`))
  return [
    {
      check: "drift",
      status: "problem",
      message: `${found.length} ${found.length === 1 ? "object is" : "objects are"} not as planned: ${objects}`,
      fix: "vmnet repair",
      details: { drift: found }
    }
  ]
}

export const unknownDrift = (error: VmnetError): ReadonlyArray<Finding> => [
  {
    check: "drift",
    status: "warning",
    message: `whether every object is as planned cannot be told: ${error.message}`,
    fix: error.hint ?? null,
    details: { code: error.code, ...error.details }
  }
]

/** VMs that are in the kernel with our tag and not on record, and what cannot be put back without it. */
export const lostFindings = ({ lost }: Status): ReadonlyArray<Finding> => {
  if (lost === undefined) return []
  const vms: ReadonlyArray<Finding> =
    lost.vms.length === 0
      ? []
      : [
          {
            check: "lost-record",
            status: "problem",
            message: `the record of ${list(lost.vms)} was lost; what is theirs is known by its tags`,
            fix: `vmnet down ${lost.vms.slice(0, shown).join(" ")}${lost.vms.length > shown ? " ..." : ""}`,
            details: { vms: lost.vms }
          }
        ]
  const notes = lost.notes.map((note): Finding => ({
    check: "lost-record",
    status: "warning",
    message: note,
    fix: null,
    details: {}
  }))
  return [...vms, ...notes]
}
