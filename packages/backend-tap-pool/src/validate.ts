import { type AttachRequest, formatPublish, refuseLoopback, VmnetError } from "@vmnet/core"
import { Result } from "effect"

/** Refuses by name what a TAP, or a port of somebody else's bridge, cannot honour. */
export const validate = (request: AttachRequest): Result.Result<void, VmnetError> => {
  const refusal = targetRefusal(request) ?? bridgedRefusal(request)
  return refusal === undefined ? refuseLoopback(request) : Result.fail(refusal)
}

const unsupported = (vm: string, what: string, hint: string, details = {}): VmnetError =>
  new VmnetError({ code: "OPTION_UNSUPPORTED", detail: `${vm}: ${what}`, hint, details: { vm, ...details } })

const targetRefusal = ({ vm, target }: AttachRequest): VmnetError | undefined =>
  target === undefined
    ? undefined
    : unsupported(vm, "the tap backend makes TAPs for VMMs, not veths into namespaces", "Use --backend bridge.")

/** On a bridge that is not ours the guest is a neighbour of whoever else is there: plain Ethernet, and no more. */
const bridgedRefusal = ({ vm, network, publish, egress, origins }: AttachRequest): VmnetError | undefined => {
  const { bridge } = network
  if (bridge === undefined) return undefined
  const masquerade = origins?.["network.masquerade"] ?? "default"
  const asked = [
    ...(publish[0] === undefined ? [] : [`publish ${formatPublish(publish[0])}`]),
    ...(egress._tag === "Internet" ? [] : ["an egress policy"]),
    ...(masquerade === "default" ? [] : ["masquerade"])
  ]
  if (asked[0] === undefined) return undefined
  return unsupported(
    vm,
    `cannot honour ${asked[0]} on bridge ${bridge}: the guest's traffic is the bridge's, and does not pass through vmnet`,
    `Leave it out, or use a network without bridge: ${bridge}.`,
    { bridge, option: asked[0] }
  )
}
