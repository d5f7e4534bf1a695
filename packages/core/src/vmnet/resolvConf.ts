import { Effect } from "effect"
import { ownerOfLease } from "../allocator/reserve.ts"
import { stepError } from "../errors/stepError.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import {
  deleteSomeResources,
  insertIntents,
  markIntentBehind,
  markPresent,
  type OwnedResource
} from "../ledger/ResourceRow.ts"
import { MountOps, type ResolverMount, resolverPath, type Rootfs } from "../ops/MountOps.ts"
import { hostNetns } from "../ops/Netns.ts"
import { applyResources, type Touched } from "../plan/apply.ts"
import { resolverDirectory } from "../plan/resolverDirectory.ts"
import { teardown } from "../plan/teardown.ts"
import type { Drivers } from "../resource/Drivers.ts"
import type { ResolvConfResource } from "../resource/Resource.ts"
import { type ActiveLease, activeLease, removeUnfinished } from "./activeLease.ts"
import { noResolver, refusedRootfs, requireAbsolute, standsInTheWay } from "./resolvConfErrors.ts"
import type { ResolvConfResult } from "./Vmnet.ts"

/** Mounts a resolver file over that of a rootfs, under the VM's lock; it is a resource of the lease from then on. */
export const resolvConf = Effect.fn("Vmnet.resolvConf")(function* (drivers: Drivers, vm: string, rootfs: string) {
  yield* requireAbsolute(vm, rootfs)
  return yield* withLock(`vm ${vm}`)(ensure(drivers, vm, rootfs))
})

const ensure = Effect.fnUntraced(function* (drivers: Drivers, vm: string, rootfs: string) {
  const ops = yield* MountOps
  const active = yield* activeLease(drivers, vm)
  if (active.attachment.guest.dns.length === 0) return yield* noResolver(active.request)
  const found = yield* Effect.mapError(ops.rootfs(rootfs), (error) => refusedRootfs(vm, rootfs, error))
  const known = active.owned.find(({ resource }) => isResolvConf(resource) && resource.mount.rootfs.path === found.path)
  if (known !== undefined) {
    if (yield* isInForce(vm, found, known)) return resultOf(active, mountOf(known), true)
    yield* removeStale(drivers, vm, known)
  }
  return yield* add(drivers, { ...active, owned: active.owned.filter((owned) => owned !== known) }, found)
})

const isResolvConf = (resource: OwnedResource["resource"]): resource is ResolvConfResource =>
  resource.kind === "ResolvConf"

const mountOf = ({ resource }: OwnedResource): ResolverMount => (resource as ResolvConfResource).mount

/** Whether it is still what it was. One that somebody has unmounted is made anew, and so is one of an earlier rootfs. */
const isInForce = Effect.fnUntraced(function* (vm: string, found: Rootfs, known: OwnedResource) {
  const ops = yield* MountOps
  const mount = mountOf(known)
  const finding = yield* Effect.mapError(ops.find(mount), (error) => stepError(vm, "look at its resolver file", error))
  if (finding._tag === "Covered" || finding._tag === "Elsewhere") return yield* standsInTheWay(vm, mount, finding)
  return finding._tag === "Present" && mount.rootfs.identity === found.identity
})

const removeStale = Effect.fnUntraced(function* (drivers: Drivers, vm: string, known: OwnedResource) {
  const ledger = yield* Ledger
  const { problems } = yield* teardown(drivers, vm, [known])
  if (problems.length > 0) {
    return yield* new VmnetError({
      code: "STEP_FAILED",
      detail: `${vm}: the former resolver file is not all gone: ${problems.join("; ")}`,
      hint: "It is still recorded; run the same command again.",
      details: { vm, problems }
    })
  }
  yield* ledger.transact(`forget a resolver file of ${vm}`, (tx) => deleteSomeResources(tx, vm, [known]))
}, Effect.uninterruptible)

const add = Effect.fnUntraced(function* (drivers: Drivers, active: ActiveLease, rootfs: Rootfs) {
  const ledger = yield* Ledger
  const { lease } = active
  const { vm } = lease
  const mount = plannedMount(ledger.stateDir, active, rootfs)
  const touched: Touched = new Set()
  const resource: ResolvConfResource = { kind: "ResolvConf", netns: hostNetns, mount }
  return yield* Effect.uninterruptibleMask((restore) =>
    ledger
      .transact(`record a resolver file of ${vm}`, (tx) => insertIntents(tx, vm, ownerOfLease(lease), [{ resource }]))
      .pipe(
        Effect.tap((owned) => restore(applyResources(drivers, vm, owned, touched))),
        Effect.andThen(ledger.transact(`confirm a resolver file of ${vm}`, (tx) => markPresent(tx, vm))),
        Effect.as(resultOf(active, mount, false)),
        // Who is interrupted up to here never learns that it is there.
        Effect.tap(() => restore(Effect.void)),
        Effect.onError(() => undo(drivers, active, touched))
      )
  )
})

/** What cannot be taken back stays recorded as begun, and goes before anything else is done to the VM. */
const undo = Effect.fnUntraced(
  function* (drivers: Drivers, { lease, owned }: ActiveLease, touched: Touched) {
    const ledger = yield* Ledger
    yield* (
      ledger
        .transact(`take a resolver file of ${lease.vm} back`, (tx) =>
          markIntentBehind(tx, lease.vm, Math.max(-1, ...owned.map(({ seq }) => seq)))
        )
        // What was made is known without the ledger, and goes.
        .pipe(Effect.onError(() => teardown(drivers, lease.vm, [...touched])))
    )
    yield* removeUnfinished(drivers, lease)
  },
  (effect, _, { lease }) =>
    Effect.catchCause(effect, (cause) => Effect.logWarning(`undoing a resolver file of ${lease.vm}`, cause))
)

const plannedMount = (stateDir: string, { lease, attachment }: ActiveLease, rootfs: Rootfs): ResolverMount => ({
  rootfs,
  directory: resolverDirectory(stateDir, lease, rootfs),
  content: resolvConfText(lease.vm, attachment.guest.dns)
})

/** resolv.conf(5). */
const resolvConfText = (vm: string, nameservers: ReadonlyArray<string>): string =>
  [`# ${vm}, by vmnet: mounted here until vmnet down ${vm}`, ...nameservers.map((one) => `nameserver ${one}`), ""].join(
    "\n"
  )

const resultOf = ({ lease, attachment }: ActiveLease, mount: ResolverMount, existing: boolean): ResolvConfResult => ({
  vm: lease.vm,
  rootfs: mount.rootfs.path,
  path: resolverPath(mount),
  nameservers: attachment.guest.dns,
  existing
})
