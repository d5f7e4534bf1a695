import { Result, Schema, Struct } from "effect"
import type { NetworkSpec } from "../../plan/AttachRequest.ts"
import { BridgeName, TapOwnerText, whole } from "../values.ts"
import { networkFields, vmFields } from "./fields.ts"
import type { Contradiction, Section } from "./Section.ts"

/** As many as one bridge takes (BR_MAX_PORTS of net/bridge/br_private.h is 1024), and more than one host runs VMs. */
const mostTaps = 4096

const Pool = Schema.Struct({
  size: Schema.optionalKey(
    whole(1, mostTaps).annotate({
      description: "How many TAPs there may be at most, in use and ready. Default: no bound."
    })
  ),
  warm: Schema.optionalKey(
    whole(0, mostTaps).annotate({ description: "How many TAPs are kept ready. Default: all that `size` allows." })
  ),
  owner: Schema.optionalKey(
    Schema.Union([TapOwnerText, whole(0, 4_294_967_294)]).annotate({
      expected: "a numeric UID or UID:GID",
      description: "Who may open the TAPs of the network: VMs that name no `tapOwner` of their own have this one."
    })
  )
})
  .annotate({ description: "TAPs made before anyone asks for them, and kept when they are given back." })
  .check(
    Schema.makeFilter(({ size, warm }) => {
      if (size === undefined && warm === undefined) return "needs size, warm, or both"
      return size !== undefined && warm !== undefined && warm > size
        ? `warm ${warm} is more than size ${size}`
        : undefined
    })
  )
export type TapPool = typeof Pool.Type

/** Guests on a bridge of somebody's are on his segment: the host's own rules for guests do not reach them there. */
const complete = (spec: NetworkSpec): Result.Result<NetworkSpec, Contradiction> => {
  const bridge = spec.options?.["bridge"]
  if (typeof bridge !== "string") return Result.succeed(spec)
  if (spec.hostAccess) {
    const problem = `hostAccess means nothing on bridge ${bridge}: whether it reaches the host is up to the bridge's owner`
    return Result.fail({ options: ["hostAccess", "bridge"], problem })
  }
  return Result.succeed({ ...spec, bridge, isolated: false, masquerade: false })
}

export const tapSection = {
  kind: "tap",
  network: {
    ...Struct.pick(networkFields, [
      "subnet",
      "gateway",
      "dns",
      "mtu",
      "exclude",
      "hostAccess",
      "masquerade",
      "cooldown"
    ]),
    pool: Pool,
    bridge: BridgeName.annotate({
      description: "An existing bridge the TAPs are ports of. Default: none, each TAP is a link of its own to the host."
    })
  },
  vm: Struct.pick(vmFields, ["network", "publish", "egress", "ip", "mac", "tapOwner"]),
  complete
} as const satisfies Section
