import { Result } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { formatPublish } from "../net/Publish.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/** A port on the host's loopback needs a parameter of a device of ours, and `forwarding: require` writes none. */
export const refuseLoopback = ({ vm, forwarding, publish }: AttachRequest): Result.Result<void, VmnetError> => {
  const loopback = publish.find(({ hostAddress }) => hostAddress?.startsWith("127."))
  if (forwarding !== "require" || loopback === undefined) return Result.succeed(undefined)
  return Result.fail(
    new VmnetError({
      code: "OPTION_UNSUPPORTED",
      detail: `${vm}: cannot publish ${formatPublish(loopback)}: 127.0.0.1 needs route_localnet on the guest's device, and forwarding: require writes no sysctl`,
      hint: "Publish on another address of the host, or set forwarding: global or per-interface.",
      details: { vm, publish: formatPublish(loopback) }
    })
  )
}
