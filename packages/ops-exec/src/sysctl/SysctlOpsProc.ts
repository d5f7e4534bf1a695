import { Commands, formatSysctlKey, type Netns, type OpsError, type SysctlKey, SysctlOps } from "@vmnet/core"
import {
  type Attempt,
  forwardingFlags,
  invalid,
  isSysctlValue,
  ofSystemError,
  readSysctlFile,
  sysctlPath,
  writeSysctlFile
} from "@vmnet/ops-common"
import { Effect, Layer } from "effect"
import { forwardingThere, readThere, writeThere } from "./foreignSysctls.ts"

const attemptOf = (action: string): Attempt => ({ family: "sysctl", action })

const here = <A>(attempt: Attempt, run: () => A): Effect.Effect<A, OpsError> =>
  Effect.try({ try: run, catch: (cause) => ofSystemError(attempt, cause) })

const pathFor = (attempt: Attempt, key: SysctlKey): Effect.Effect<string, OpsError> => {
  const path = sysctlPath(key)
  return path === undefined ? Effect.fail(invalid(attempt, "not a parameter below net.")) : Effect.succeed(path)
}

const make = Effect.gen(function* () {
  const commands = yield* Commands

  const read = Effect.fn("SysctlOps.read")(function* (netns: Netns, key: SysctlKey) {
    const attempt = attemptOf(`read ${formatSysctlKey(key)}`)
    const path = yield* pathFor(attempt, key)
    return netns._tag === "Host"
      ? yield* here(attempt, () => readSysctlFile(path))
      : yield* readThere(commands, netns, attempt, path)
  })

  const write = Effect.fn("SysctlOps.write")(function* (netns: Netns, key: SysctlKey, value: string) {
    const attempt = attemptOf(`write ${formatSysctlKey(key)}`)
    const path = yield* pathFor(attempt, key)
    if (!isSysctlValue(value)) return yield* invalid(attempt, `value ${JSON.stringify(value)} is not usable`)
    return netns._tag === "Host"
      ? yield* here(attempt, () => writeSysctlFile(path, value))
      : yield* writeThere(commands, netns, attempt, path, value)
  })

  const forwarding = Effect.fn("SysctlOps.forwarding")(function* (netns: Netns) {
    const attempt = attemptOf("read the forwarding flags")
    return netns._tag === "Host"
      ? yield* here(attempt, forwardingFlags)
      : yield* forwardingThere(commands, netns, attempt)
  })

  return SysctlOps.of({ read, write, forwarding })
})

/** `SysctlOps` over `/proc/sys`: in this process for the host, through a short-lived program elsewhere. */
export const SysctlOpsProc: { readonly layer: Layer.Layer<SysctlOps, never, Commands> } = {
  layer: Layer.effect(SysctlOps, make)
}
