import type { HostProbe, ProcessId } from "../../ops/HostProbe.ts"
import { hostNetns } from "../../ops/Netns.ts"
import type { Resource } from "../../resource/Resource.ts"

/**
 * Why an object that is gone would be made again in vain: its VM goes on with the old one, which nobody can give back to
 * it. A TAP that was deleted leaves its descriptor without a device; who is inside a namespace stays there when its name
 * goes. Nothing where no such process is known.
 */
export const strandedBy = (
  probe: HostProbe["Service"],
  owner: ProcessId | undefined,
  resource: Resource
): string | undefined => {
  if (owner === undefined || !probe.alive(owner)) return undefined
  const hasLostTap = () => probe.tunsOf(owner).includes("")
  const held = () => `process ${owner.pid}, the VM's owner, has the former one open still and would never see a new one`
  if (resource.kind === "Tap") return hasLostTap() ? held() : undefined
  const isNamespace = resource.kind === "Netns" || (resource.kind === "Helper" && resource.spec.helper === "namespace")
  if (!isNamespace) return undefined
  const inside = probe.namespace({ _tag: "Process", pid: owner.pid, startTime: owner.startTime })
  if (inside !== null && inside !== probe.namespace(hostNetns)) {
    return `process ${owner.pid}, the VM's owner, lives in the former one still and would never see a new one`
  }
  return hasLostTap() ? held() : undefined
}
