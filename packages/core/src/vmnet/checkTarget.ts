import { Effect } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { hostNetns, type Netns, netnsKey } from "../ops/Netns.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/**
 * Refuses a namespace that is not there, and the host's own: an address and a default route meant for a guest would take
 * the host off its network.
 */
export const checkTarget = Effect.fnUntraced(function* ({ vm, target }: AttachRequest) {
  if (target === undefined) return
  const probe = yield* HostProbe
  const found = probe.namespace(target)
  if (found === null)
    return yield* refusal(vm, target, "is not a network namespace", "Make one with: ip netns add NAME.")
  if (found === probe.namespace(hostNetns)) {
    return yield* refusal(
      vm,
      target,
      "is the host's own network namespace",
      "Name the guest's: ip netns add NAME makes one."
    )
  }
})

const refusal = (vm: string, target: Netns, what: string, hint: string): VmnetError =>
  new VmnetError({
    code: "BAD_INPUT",
    detail: `${vm}: ${target._tag === "Process" ? `the namespace of process ${target.pid}` : netnsKey(target)} ${what}`,
    hint,
    details: { vm, netns: netnsKey(target) }
  })
