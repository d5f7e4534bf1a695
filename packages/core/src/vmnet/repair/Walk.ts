import type { ProcessId } from "../../ops/HostProbe.ts"
import type { OwnedResource } from "../../ledger/ResourceRow.ts"
import { carries, describeResource, resourceName } from "../../resource/identity.ts"
import type { Resource } from "../../resource/Resource.ts"
import type { RepairAction } from "../Vmnet.ts"

/** Whose objects are repaired. */
export interface Repairing {
  readonly subject: string
  readonly vm: string | null
  /** What VMs have them from, in words; empty for a VM's own. */
  readonly words: string
  readonly owner: ProcessId | undefined
  /** What they rely on that is not as planned. */
  readonly blocked: string | undefined
}

const devices: ReadonlySet<Resource["kind"]> = new Set(["Netns", "Bridge", "Tap", "Veth", "Helper"])
const policies: ReadonlySet<Resource["kind"]> = new Set(["NatLayout", "NatElement"])

/** One walk along a plan: what was done so far, and what must not be done any more. */
export class Walk {
  readonly actions: Array<RepairAction> = []
  /** What is not there and stays so, in the words of `carries`. */
  readonly lost = new Set<string>()
  readonly marked: Set<number>
  readonly of: Repairing
  #blocked: string | undefined

  constructor(of: Repairing, plan: ReadonlyArray<OwnedResource>) {
    this.of = of
    this.#blocked = of.blocked
    this.marked = new Set(plan.flatMap(({ seq, state }) => (state === "repairing" ? [seq] : [])))
  }

  /** As the ledger has it by now. */
  now(owned: OwnedResource): OwnedResource {
    return { ...owned, state: this.marked.has(owned.seq) ? "repairing" : "present" }
  }

  /** Why this must not be made: a device would be there before the rules about it are. */
  obstacle(resource: Resource): string | undefined {
    if (this.#blocked === undefined || !devices.has(resource.kind)) return undefined
    return `not before ${this.#blocked} is as planned`
  }

  restored(resources: ReadonlyArray<OwnedResource>, reason: string): void {
    for (const { resource } of resources) this.#add("restored", resource, reason)
  }

  left({ resource }: OwnedResource, reason: string, isGone: boolean): void {
    this.#add("left", resource, reason)
    if (policies.has(resource.kind)) this.#blocked ??= describeResource(resource)
    if (isGone) for (const key of carries(resource)) this.lost.add(key)
  }

  #add(action: RepairAction["action"], resource: Resource, reason: string): void {
    const { vm, words } = this.of
    const from = words === "" ? "" : `${words}: `
    this.actions.push({ action, reason: `${from}${reason}`, vm, kind: resource.kind, name: resourceName(resource) })
  }
}
