import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import { decodeHeld, type HeldParameter } from "../forwarding/decodeHeld.ts"
import { ipForwardKey, ipForwardShare } from "../forwarding/forwarding.ts"
import { type HeldRow, heldRows, hostLock, registeredNamespace } from "../forwarding/HeldRow.ts"
import { HostRegister } from "../forwarding/HostRegister.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { withLock, withLockIfFree } from "../ledger/Locks.ts"
import { orOverCopy } from "../ledger/orOverCopy.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { hostNetns } from "../ops/Netns.ts"
import { SysctlOps } from "../ops/SysctlOps.ts"

/** A share of parameters that this install holds by its own word in the register of the host. */
export interface HeldShare {
  readonly key: string
  readonly parameters: ReadonlyArray<HeldParameter>
  /** Whether all of them have the value they are held at; who held them may have died before. */
  readonly stands: boolean
}

/** What is to be known of the parameters of the host that this install may have changed. */
export interface HostParameters {
  readonly held: ReadonlyArray<HeldShare>
  /** `ip_forward` is on, and nobody knows whether and from what this install has changed it. */
  readonly isForwardingLost: boolean
}

/** A register that cannot be used knows nothing: what it knew is lost then. One that is in use is waited for. */
export const lookAtParameters = Effect.fnUntraced(function* (install: string, stateDir: string) {
  const register = yield* HostRegister
  if (register === undefined) return yield* parametersOf([])
  const namespace = registeredNamespace(yield* HostProbe)
  const isOwn = (row: HeldRow): boolean => row.install === install && row.state_dir === stateDir
  const reading = Effect.gen(function* () {
    const host = yield* Ledger
    const rows = yield* host.transact("look up what is held", (tx) => heldRows(tx, namespace).filter(isOwn))
    return yield* parametersOf(rows)
  })
  return yield* Effect.flatMap(register.open, (host) =>
    // One that takes no writes takes no lock either.
    orOverCopy(host, Effect.provideService(undisturbed(reading), Ledger, host), (copy) =>
      Effect.provideService(reading, Ledger, copy)
    )
  ).pipe(Effect.catchTag("VmnetError", withoutRegister))
})

/**
 * While nobody changes what is looked at. Who has the lock himself comes here when the ledger is lost under a verb: he is
 * undisturbed already.
 */
const undisturbed = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { pid } = (yield* HostProbe).self
    return yield* withLockIfFree(hostLock)(self, (holder) => (holder === pid ? self : withLock(hostLock)(self)))
  })

const withoutRegister = (error: VmnetError): Effect.Effect<HostParameters, OpsError | VmnetError, SysctlOps> =>
  error.code === "BUSY"
    ? Effect.fail(error)
    : Effect.andThen(
        Effect.logWarning(`what parameters of the host were before vmnet cannot be looked up: ${error.message}`),
        parametersOf([])
      )

const parametersOf = Effect.fnUntraced(function* (rows: ReadonlyArray<HeldRow>) {
  const ops = yield* SysctlOps
  const held = yield* Effect.forEach(rows.flatMap(decodeHeld), ({ key, parameters }) =>
    Effect.map(
      Effect.forEach(parameters, ({ resource }) =>
        Effect.map(ops.read(resource.netns, resource.key), (now) => now === resource.value)
      ),
      (right): HeldShare => ({ key, parameters, stands: right.every((one) => one) })
    )
  )
  const forwards = (yield* ops.read(hostNetns, ipForwardKey)) === "1"
  return { held, isForwardingLost: forwards && !isForwardingKnown(rows, held) } satisfies HostParameters
})

/** Whoever holds the flags of uplinks, and never said a word of `ip_forward`, has left that alone. */
const isForwardingKnown = (rows: ReadonlyArray<HeldRow>, held: ReadonlyArray<HeldShare>): boolean =>
  held.some(({ key }) => key === ipForwardShare) ||
  (held.length > 0 && !rows.some(({ share }) => share === ipForwardShare))
