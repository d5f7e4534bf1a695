import { type AttachRequest, formatPublish, VmnetError } from "@vmnet/core"
import { Result } from "effect"

/** Refuses by name what a TAP, or a port of somebody else's bridge, cannot honour. */
export const validate = (request: AttachRequest): Result.Result<void, VmnetError> => {
  const refusal = targetRefusal(request) ?? bridgedRefusal(request) ?? loopbackRefusal(request)
  return refusal === undefined ? Result.succeed(undefined) : Result.fail(refusal)
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

/** A port on the host's loopback needs a parameter of the TAP, and `forwarding: require` writes none. */
const loopbackRefusal = ({ vm, forwarding, publish }: AttachRequest): VmnetError | undefined => {
  const loopback = publish.find(({ hostAddress }) => hostAddress?.startsWith("127."))
  if (forwarding !== "require" || loopback === undefined) return undefined
  return unsupported(
    vm,
    `cannot publish ${formatPublish(loopback)}: 127.0.0.1 needs route_localnet on the TAP, and forwarding: require writes no sysctl`,
    "Publish on another address of the host, or set forwarding: global or per-interface.",
    { publish: formatPublish(loopback) }
  )
}
