import { VmnetError } from "../errors/VmnetError.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/** Whether two requests ask for the same, whatever the order of their keys. */
export const sameRequest = (a: AttachRequest, b: AttachRequest): boolean => differing(a, b).length === 0

/** Another request for a VM that is up: says which settings differ. */
export const vmConflict = (live: AttachRequest, asked: AttachRequest): VmnetError => {
  const keys = differing(live, asked)
  return new VmnetError({
    code: "VM_CONFLICT",
    detail: `${asked.vm} is up already with another ${keys.join(", ")}`,
    hint: `See it with: vmnet show ${asked.vm}. To change it: vmnet down ${asked.vm}, then up again.`,
    details: { vm: asked.vm, differing: keys }
  })
}

const differing = (a: AttachRequest, b: AttachRequest): ReadonlyArray<string> => {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof AttachRequest>
  keys.delete("origins")
  return [...keys].filter((key) => canonical(a[key]) !== canonical(b[key]))
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (isRecord(part) ? Object.fromEntries(Object.entries(part).toSorted()) : part)) ??
  "absent"

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
