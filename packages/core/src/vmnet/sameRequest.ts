import { VmnetError } from "../errors/VmnetError.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import { differenceWords, mostPorts, publishDifference, publishOrder } from "./requestDifferences.ts"

/** Whether two requests ask for the same, whatever the order of their keys and of their ports. */
export const sameRequest = (a: AttachRequest, b: AttachRequest): boolean => differing(a, b).length === 0

/** Another request for a VM that is up: says which settings differ, and how where that is short. */
export const vmConflict = (live: AttachRequest, asked: AttachRequest): VmnetError => {
  const keys = differing(live, asked)
  const words = differenceWords(live, asked)
  return new VmnetError({
    code: "VM_CONFLICT",
    detail: `${asked.vm} is up already with another ${keys.join(", ")}${words.length === 0 ? "" : `: ${words.join("; ")}`}`,
    hint: keys.every((key) => key === "publish") ? portsHint(live, asked) : changeHint(asked.vm),
    details: {
      vm: asked.vm,
      differing: keys,
      ...(keys.includes("publish") && { publish: publishDifference(live, asked) })
    }
  })
}

const changeHint = (vm: string): string =>
  `See it with: vmnet show ${vm}. To change it: vmnet down ${vm}, then up again.`

/** Ports are what can be changed of a VM that is up. Those to go are first: others may want their places. */
const portsHint = (live: AttachRequest, asked: AttachRequest): string => {
  const { extra, missing } = publishDifference(live, asked)
  const commands = [command("unpublish", asked.vm, extra), command("publish", asked.vm, missing)].flat()
  return `Ask for the ports it has (vmnet show ${asked.vm}), or change them with: ${commands.join("; ")}`
}

const command = (verb: string, vm: string, specs: ReadonlyArray<string>): ReadonlyArray<string> =>
  specs.length === 0 ? [] : [`vmnet ${verb} ${vm} ${specs.length > mostPorts ? "SPEC..." : specs.join(" ")}`]

const differing = (a: AttachRequest, b: AttachRequest): ReadonlyArray<string> => {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof AttachRequest>
  keys.delete("origins")
  return [...keys].filter((key) => comparable(a, key) !== comparable(b, key))
}

const comparable = (request: AttachRequest, key: keyof AttachRequest): string =>
  canonical(key === "publish" ? publishOrder(request.publish) : request[key])

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (isRecord(part) ? Object.fromEntries(Object.entries(part).toSorted()) : part)) ??
  "absent"

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
