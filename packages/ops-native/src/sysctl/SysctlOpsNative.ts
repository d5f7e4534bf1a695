import { formatSysctlKey, type Netns, OpsError, type SysctlKey, SysctlOps } from "@vmnet/core"
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
import { isOutOfReach } from "../netns/outOfReach.ts"
import { inPlace, Places, type PlacesOpen } from "../netns/Places.ts"

const attemptOf = (action: string): Attempt => ({ family: "sysctl", action })

const pathFor = (attempt: Attempt, key: SysctlKey): Effect.Effect<string, OpsError> => {
  const path = sysctlPath(key)
  return path === undefined ? Effect.fail(invalid(attempt, "not a parameter below net.")) : Effect.succeed(path)
}

/** `/proc/sys/net` shows the network of the thread that looks. */
const inside = <A>(places: PlacesOpen, netns: Netns, attempt: Attempt, run: () => A): Effect.Effect<A, OpsError> =>
  inPlace(
    places,
    netns,
    attempt,
    (place) => place.within(run),
    (cause) => (cause instanceof OpsError ? cause : ofSystemError(attempt, cause))
  )

const read = Effect.fnUntraced(function* (places: PlacesOpen, netns: Netns, key: SysctlKey) {
  const attempt = attemptOf(`read ${formatSysctlKey(key)}`)
  const path = yield* pathFor(attempt, key)
  return yield* inside(places, netns, attempt, () => readSysctlFile(path))
})

const write = Effect.fnUntraced(function* (places: PlacesOpen, netns: Netns, key: SysctlKey, value: string) {
  const attempt = attemptOf(`write ${formatSysctlKey(key)}`)
  const path = yield* pathFor(attempt, key)
  if (!isSysctlValue(value)) return yield* invalid(attempt, `value ${JSON.stringify(value)} is not usable`)
  return yield* inside(places, netns, attempt, () => writeSysctlFile(path, value))
})

const make = Effect.gen(function* () {
  const others = yield* SysctlOps
  const places = yield* Places
  return SysctlOps.of({
    // Without a span for each: with the stacks that it captures it is as much work as the file itself.
    read: (netns, key) => (isOutOfReach(netns) ? others.read(netns, key) : read(places, netns, key)),
    write: (netns, key, value) =>
      isOutOfReach(netns) ? others.write(netns, key, value) : write(places, netns, key, value),
    forwarding: Effect.fn("SysctlOps.forwarding")((netns) =>
      isOutOfReach(netns)
        ? others.forwarding(netns)
        : inside(places, netns, attemptOf("read the forwarding flags"), forwardingFlags)
    )
  })
})

/**
 * `SysctlOps` over `/proc/sys`, in this process for all namespaces it can enter. It wants another `SysctlOps` for those it cannot:
 * of processes with a user namespace of their own.
 */
export const SysctlOpsNative: { readonly layer: Layer.Layer<SysctlOps, never, SysctlOps> } = {
  layer: Layer.effect(SysctlOps, make).pipe(Layer.provide(Places.layer))
}
