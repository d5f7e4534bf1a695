import { formatSysctlKey, type Netns, type OpsError, type SysctlKey, SysctlOps } from "@vmnet/core"
import {
  type Attempt,
  forwardingFlags,
  invalid,
  isSysctlValue,
  ofSystemError,
  openNetns,
  readSysctlFile,
  sysctlPath,
  writeSysctlFile
} from "@vmnet/ops-common"
import { Effect, Layer } from "effect"
import { refusedEntry } from "../link/inPlace.ts"
import { inNetns } from "../netns/inNetns.ts"
import { isOutOfReach } from "../netns/outOfReach.ts"

const attemptOf = (action: string): Attempt => ({ family: "sysctl", action })

const pathFor = (attempt: Attempt, key: SysctlKey): Effect.Effect<string, OpsError> => {
  const path = sysctlPath(key)
  return path === undefined ? Effect.fail(invalid(attempt, "not a parameter below net.")) : Effect.succeed(path)
}

/** `/proc/sys/net` shows the network of the thread that looks. */
const inPlace = <A>(netns: Netns, attempt: Attempt, run: () => A): Effect.Effect<A, OpsError> => {
  const failed = (cause: unknown): OpsError => refusedEntry(netns, attempt, cause) ?? ofSystemError(attempt, cause)
  if (netns._tag === "Host") return Effect.try({ try: run, catch: failed })
  return Effect.scoped(
    Effect.flatMap(openNetns(netns, attempt), (fd) => Effect.try({ try: () => inNetns(fd, run), catch: failed }))
  )
}

const read = Effect.fnUntraced(function* (netns: Netns, key: SysctlKey) {
  const attempt = attemptOf(`read ${formatSysctlKey(key)}`)
  const path = yield* pathFor(attempt, key)
  return yield* inPlace(netns, attempt, () => readSysctlFile(path))
})

const write = Effect.fnUntraced(function* (netns: Netns, key: SysctlKey, value: string) {
  const attempt = attemptOf(`write ${formatSysctlKey(key)}`)
  const path = yield* pathFor(attempt, key)
  if (!isSysctlValue(value)) return yield* invalid(attempt, `value ${JSON.stringify(value)} is not usable`)
  return yield* inPlace(netns, attempt, () => writeSysctlFile(path, value))
})

const make = Effect.map(SysctlOps, (others) =>
  SysctlOps.of({
    read: Effect.fn("SysctlOps.read")((netns, key) =>
      isOutOfReach(netns) ? others.read(netns, key) : read(netns, key)
    ),
    write: Effect.fn("SysctlOps.write")((netns, key, value) =>
      isOutOfReach(netns) ? others.write(netns, key, value) : write(netns, key, value)
    ),
    forwarding: Effect.fn("SysctlOps.forwarding")((netns) =>
      isOutOfReach(netns)
        ? others.forwarding(netns)
        : inPlace(netns, attemptOf("read the forwarding flags"), forwardingFlags)
    )
  })
)

/**
 * `SysctlOps` over `/proc/sys`, in this process for all namespaces it can enter. It wants another `SysctlOps` for those it cannot:
 * of processes with a user namespace of their own.
 */
export const SysctlOpsNative: { readonly layer: Layer.Layer<SysctlOps, never, SysctlOps> } = {
  layer: Layer.effect(SysctlOps, make)
}
