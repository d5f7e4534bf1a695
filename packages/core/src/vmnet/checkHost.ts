import { Effect } from "effect"
import { stepError } from "../errors/stepError.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { ipForwardKey } from "../forwarding/forwarding.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { hostNetns } from "../ops/Netns.ts"
import { formatSysctlKey, type SysctlKey, SysctlOps } from "../ops/SysctlOps.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/** Refuses before anything changes when this process may not do what an attach needs. */
export const checkCapabilities = Effect.gen(function* () {
  const { missingCapabilities } = yield* HostProbe
  if (missingCapabilities.length === 0) return
  return yield* new VmnetError({
    code: "NO_PERMISSION",
    detail: `changing the host's network needs ${missingCapabilities.join(" and ")}`,
    hint: "Run it as root: sudo vmnet ...",
    details: { missing: missingCapabilities }
  })
})

const defaultForwarding: SysctlKey = ["net", "ipv4", "conf", "default", "forwarding"]

/** With `forwarding: require` the host must forward already; new devices take theirs from `conf.default`. */
export const checkForwarding = Effect.fnUntraced(function* ({ vm, forwarding }: AttachRequest) {
  if (forwarding !== "require") return
  const ops = yield* SysctlOps
  const off: Array<SysctlKey> = []
  for (const key of [ipForwardKey, defaultForwarding]) {
    const value = yield* Effect.mapError(ops.read(hostNetns, key), (error) => stepError(vm, "read forwarding", error))
    if (value !== "1") off.push(key)
  }
  if (off.length === 0) return
  const commands = off.map((key) => `sysctl -w ${formatSysctlKey(key)}=1`)
  return yield* new VmnetError({
    code: "FORWARDING_OFF",
    detail: `${vm}: the host does not forward (${off.map(formatSysctlKey).join(", ")} is 0) and the configuration says forwarding: require`,
    hint: `Turn it on: ${commands.join(" && ")}`,
    details: { vm, commands }
  })
})
