import { Effect } from "effect"
import { Backends } from "../backend/Backends.ts"
import type { Backend } from "../backend/Backend.ts"
import { stepError } from "../errors/stepError.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { forwardingKey, ipForwardKey } from "../forwarding/forwarding.ts"
import { Helpers } from "../ops/Helpers.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { hostNetns } from "../ops/Netns.ts"
import { formatSysctlKey, type SysctlKey, SysctlOps } from "../ops/SysctlOps.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/** Refuses before anything changes when this process may not do what a backend does to the host. */
export const checkCapabilities = Effect.fnUntraced(function* (request: AttachRequest) {
  if (!isCapable(yield* Backends, yield* HostProbe, request)) yield* checkHostRights
})

export const isCapable = (
  backends: Backends["Service"],
  { missingCapabilities }: HostProbe["Service"],
  { backend }: AttachRequest
): boolean => missingCapabilities.length === 0 || backends.get(backend)?.privilege === "user"

/** The same for work on the host that no request is about. */
export const checkHostRights = Effect.gen(function* () {
  const { missingCapabilities } = yield* HostProbe
  if (missingCapabilities.length === 0) return
  return yield* new VmnetError({
    code: "NO_PERMISSION",
    detail: `changing the host's network needs ${missingCapabilities.join(" and ")}`,
    hint: "Run it as root: sudo vmnet ..., or without any rights: vmnet up VM --backend slirp.",
    details: { missing: missingCapabilities }
  })
})

const defaultForwarding: SysctlKey = ["net", "ipv4", "conf", "default", "forwarding"]

/**
 * With `forwarding: require` the host must forward already, what comes in from its uplink included; new devices take theirs
 * from `conf.default`.
 */
export const checkForwarding = Effect.fnUntraced(function* (
  { privilege }: Backend,
  { vm, forwarding }: AttachRequest,
  uplink: string | null
) {
  if (forwarding !== "require" || privilege === "user") return
  const ops = yield* SysctlOps
  const off: Array<SysctlKey> = []
  for (const key of [ipForwardKey, defaultForwarding, ...(uplink === null ? [] : [forwardingKey(uplink)])]) {
    // Turning that on sets the uplink's flag, which would be named in vain.
    if (key[2] === "conf" && key[3] === uplink && off.includes(ipForwardKey)) continue
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

/** Whether the programs of a backend's helpers are here and may do what they do. */
export const checkHelpers = Effect.fnUntraced(function* (backend: Backend, request: AttachRequest) {
  const needed = backend.helpers?.(request) ?? []
  if (needed.length === 0) return
  const helpers = yield* Helpers
  yield* Effect.mapError(
    helpers.check(needed),
    (error) =>
      new VmnetError({
        code: error.reason === "ToolMissing" ? "TOOL_MISSING" : "HOST_NOT_CAPABLE",
        detail: `${request.vm}: the ${backend.kind} backend cannot work here: ${error.output}`,
        hint: error.hint ?? "Choose another backend, or let root allow it.",
        details: { vm: request.vm, backend: backend.kind, helpers: needed, output: error.output },
        cause: error
      })
  )
})
