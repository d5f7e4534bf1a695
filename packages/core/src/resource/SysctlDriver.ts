import { Effect } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { formatSysctlKey, type SysctlOps } from "../ops/SysctlOps.ts"
import type { Driver, Presence } from "./Driver.ts"
import { type ForwardReset, forwardResetWrites, isIpForward, readForwardReset, writeAll } from "./forwardReset.ts"
import type { SysctlResource } from "./Resource.ts"

/** What was found before a parameter was changed: its value, and for `ip_forward` what goes along with it. */
export interface SysctlMemo {
  readonly before: string
  readonly reset?: ForwardReset
}

type Ops = SysctlOps["Service"]

/**
 * Parameters held at a value. A value that was right already is never written, so nothing is put back either; a value
 * that somebody changed meanwhile is theirs and stays.
 */
export const makeSysctlDriver = (ops: Ops): Driver => ({
  apply: (resources) =>
    Effect.forEach(resources, (owned) => hold(ops, sysctl(owned), memoOf(owned)), { discard: true }),
  find: (resources) => Effect.forEach(resources, (owned) => presence(ops, owned)),
  remove: (resources) => Effect.forEach(resources, (owned) => restore(ops, owned), { discard: true })
})

/** Reads what must be remembered before the resource is applied; nothing for parameters that go with their device. */
export const sysctlMemo = (ops: Ops, resource: SysctlResource): Effect.Effect<SysctlMemo | undefined, OpsError> =>
  Effect.gen(function* () {
    const { key, link, netns } = resource
    if (link !== undefined) return undefined
    const before = yield* ops.read(netns, key)
    if (before === null) {
      return yield* new OpsError({
        family: "sysctl",
        reason: "Missing",
        action: `read sysctl ${formatSysctlKey(key)}`,
        output: "this kernel does not have it"
      })
    }
    return isIpForward(key) ? { before, reset: yield* readForwardReset(ops, netns) } : { before }
  })

const sysctl = ({ resource }: OwnedResource): SysctlResource => resource as SysctlResource

const memoOf = (owned: OwnedResource): SysctlMemo | undefined => owned.memo as SysctlMemo | undefined

const hold = (ops: Ops, { netns, key, value }: SysctlResource, memo: SysctlMemo | undefined) =>
  memo?.before === value ? Effect.void : ops.write(netns, key, value)

<<<<<<< HEAD
/**
 * Puts back what was found. Where the change of `ip_forward` reset other parameters along with it, each goes back to what
 * it was only if it still is what our change made it: what somebody set meanwhile is theirs.
 */
const restore = Effect.fnUntraced(function* (ops: Ops, { netns, key, value }: SysctlResource, memo: SysctlMemo) {
  if (memo.forwarding === undefined) return yield* ops.write(netns, key, memo.before)
  const held = yield* ops.forwarding(netns)
  const redirects = yield* ops.read(netns, acceptRedirects)
  yield* surely(ops.write(netns, key, memo.before))
  if (memo.acceptRedirects !== undefined) {
    const wanted = redirects === redirectsUnder(value) ? memo.acceptRedirects : redirects
    if (wanted !== null) yield* surely(ops.write(netns, acceptRedirects, wanted))
  }
  const reset = yield* ops.forwarding(netns)
  for (const [device, found] of Object.entries(memo.forwarding)) {
    const wanted = held[device] === value ? found : held[device]
    // Devices that went away meanwhile have nothing to put back.
    if (wanted === undefined || !(device in reset) || reset[device] === wanted) continue
    const write = surely(ops.write(netns, forwardingOf(device), wanted))
    yield* Effect.catchIf(write, isMissing, () => Effect.void)
  }
=======
const presence = Effect.fnUntraced(function* (ops: Ops, owned: OwnedResource): Effect.fn.Return<Presence, OpsError> {
  const { key, netns, value } = sysctl(owned)
  const memo = memoOf(owned)
  if (memo === undefined || memo.before === value) return "absent"
  const now = yield* ops.read(netns, key)
  if (now === value) return "ours"
  // Put back already, perhaps without what goes along with it.
  return owned.begun === true && now === memo.before && memo.reset !== undefined ? "ours" : "absent"
})

const restore = Effect.fnUntraced(function* (ops: Ops, owned: OwnedResource) {
  const { key, netns, value } = sysctl(owned)
  const { before, reset } = memoOf(owned)!
  if (reset === undefined) return yield* ops.write(netns, key, before)
  const held = (yield* ops.read(netns, key)) === value
  const writes = forwardResetWrites(reset, yield* readForwardReset(ops, netns), held ? value : before)
  if (held) yield* ops.write(netns, key, before)
  yield* writeAll(ops, netns, writes)
>>>>>>> coretests
})

/** A router does not take redirects: the kernel sets the one to the opposite of the other. */
const redirectsUnder = (forwarding: string): string => (forwarding === "1" ? "0" : "1")

/**
 * Once `ip_forward` is back, nothing in the kernel tells that the rest was still to be put back, so a write that fails is
 * tried again here, not left to the next attempt.
 */
const surely = <A>(write: Effect.Effect<A, OpsError>): Effect.Effect<A, OpsError> =>
  Effect.retry(write, { times: 2, while: (error) => !isMissing(error) })

const isMissing = ({ reason }: OpsError): boolean => reason === "Missing"
