import { Effect } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { orOverCopy } from "../ledger/orOverCopy.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { decodeHeld } from "./decodeHeld.ts"
import { ipForwardShare } from "./forwarding.ts"
import { type HeldRow, heldRows, hostLock, registeredNamespace } from "./HeldRow.ts"
import { HostRegister, type HostRegisterShape } from "./HostRegister.ts"

/** What an install remembers of each parameter of a share; JSON. */
export type Memos = ReadonlyArray<unknown>

/** The shares that are parameters of the host itself: what one install holds, others may rely on. */
export const isOfHost = (share: string): boolean => share.startsWith("sysctl.")

/** What to look at, if there is anything to look at. */
const registered = Effect.fnUntraced(function* (share: string) {
  const register = yield* HostRegister
  if (register === undefined || !isOfHost(share)) return undefined
  const namespace = registeredNamespace(yield* HostProbe)
  return { register, namespace, own: yield* Ledger, host: yield* register.open }
})

/** Runs `self` while no other install takes or gives back parameters of the host. */
export const amongInstalls =
  (share: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const found = yield* registered(share)
      if (found === undefined) return yield* self
      const alone = withLock(hostLock)(Effect.provideService(self, Ledger, found.own))
      return yield* Effect.provideService(alone, Ledger, found.host)
    })

/**
 * The same for who only gives back. Where the register takes no writes nobody can take anything meanwhile, and what others
 * hold can be read still; that we hold it stands there until the same is done again.
 */
export const givingBackAmongInstalls =
  (share: string) =>
  <A, R>(self: Effect.Effect<A, VmnetError, R>) =>
    Effect.gen(function* () {
      const register = yield* HostRegister
      const among = amongInstalls(share)(self)
      if (register === undefined || !isOfHost(share)) return yield* among
      return yield* orOverCopy(yield* register.open, among, (copy) =>
        Effect.provideService(self, HostRegister, { ...register, open: Effect.succeed(copy) })
      )
    })

/**
 * What others found before any install changed the parameters: whoever is the last to give them back puts that back.
 * Refuses what would end the forwarding of another install, or be ended by it.
 */
export const inheritedMemos = Effect.fnUntraced(function* (share: string) {
  const found = yield* registered(share)
  if (found === undefined) return undefined
  const { namespace, own, register, host } = found
  const rows = yield* host.transact(`look up ${share}`, (tx) => {
    const all = heldRows(tx, namespace)
    refuseOtherMode(all, share, own, register)
    return all.filter((row) => row.share === share && row.install !== own.install)
  })
  return yield* firstReadable(rows)
})

/** The register is a file, and what is said there is written to the kernel one day: of a row that is not whole nothing is believed. */
const firstReadable = Effect.fnUntraced(function* (rows: ReadonlyArray<HeldRow>) {
  for (const row of rows) {
    const [decoded] = decodeHeld(row)
    if (decoded !== undefined) return decoded.parameters.map(({ memo }): unknown => memo)
    yield* Effect.logWarning(
      `what ${row.state_dir} found of ${row.share} before vmnet cannot be read in the register of this host; it is passed over`
    )
  }
  return undefined
})

/** Tells the others, before the first change, that the parameters are held. */
export const tellHeld = Effect.fnUntraced(function* (share: string, memos: Memos) {
  const found = yield* registered(share)
  if (found === undefined) return
  const { namespace, own, host } = found
  yield* host.transact(`hold ${share}`, (tx) =>
    tx.run(
      "INSERT OR REPLACE INTO held (namespace, share, install, state_dir, memos) VALUES (?, ?, ?, ?, ?)",
      namespace,
      share,
      own.install,
      own.stateDir,
      JSON.stringify(memos)
    )
  )
})

/** Whether another install relies on them: then they stay as they are, and are its to put back. */
export const isHeldByOthers = Effect.fnUntraced(function* (share: string) {
  const found = yield* registered(share)
  if (found === undefined) return false
  const { namespace, own, register, host } = found
  return yield* host.transact(`look up ${share}`, (tx) =>
    heldRows(tx, namespace).some((row) => row.share === share && isAnother(row, own, register))
  )
})

export const tellReleased = Effect.fnUntraced(function* (share: string) {
  const found = yield* registered(share)
  if (found === undefined) return
  const { namespace, own, host } = found
  const stale = (row: HeldRow) => row.install !== own.install && !found.register.exists(row.state_dir)
  yield* host.transact(`release ${share}`, (tx) => {
    const gone = heldRows(tx, namespace).filter((row) => row.share === share && stale(row))
    for (const install of [own.install, ...gone.map((row) => row.install)]) {
      tx.run("DELETE FROM held WHERE namespace = ? AND share = ? AND install = ?", namespace, share, install)
    }
  })
})

/** An install whose record is gone gives nothing back any more. */
const isAnother = (row: HeldRow, own: Ledger["Service"], { exists }: HostRegisterShape): boolean =>
  row.install !== own.install && exists(row.state_dir)

/** `ip_forward` resets the flags of every interface when it changes, so all installs go about forwarding in one way. */
const refuseOtherMode = (
  rows: ReadonlyArray<HeldRow>,
  share: string,
  own: Ledger["Service"],
  register: HostRegisterShape
): void => {
  const isGlobal = (install: string) => rows.some((row) => row.install === install && row.share === ipForwardShare)
  const mode = share === ipForwardShare || isGlobal(own.install)
  const other = rows.find((row) => isAnother(row, own, register) && isGlobal(row.install) !== mode)
  if (other === undefined) return
  const [theirs, ours] = mode ? ["per-interface", "global"] : ["global", "per-interface"]
  throw new VmnetError({
    code: "NETWORK_CONFLICT",
    detail: `forwarding is ${theirs} for the VMs of ${other.state_dir}, and cannot be ${ours} as well`,
    hint: `Set forwarding: ${theirs} here too, or take those down first: vmnet --state-dir ${other.state_dir} down --all`,
    details: { forwarding: ours, live: theirs, stateDir: other.state_dir }
  })
}
