import { Effect } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { formatSysctlKey, type SysctlOps } from "../ops/SysctlOps.ts"
import { altered, difference, missing } from "./drift.ts"
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
  remove: (resources) => Effect.forEach(resources, (owned) => restore(ops, owned), { discard: true }),
  inspect: (resources) => Effect.forEach(resources, (owned) => inspect(ops, sysctl(owned))),
  mend: (owned) => write(ops, sysctl(owned))
})

/** Reads what must be remembered before the resource is applied; nothing for parameters of a device of ours. */
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

const presence = Effect.fnUntraced(function* (ops: Ops, owned: OwnedResource): Effect.fn.Return<Presence, OpsError> {
  const { key, netns, value } = sysctl(owned)
  const memo = memoOf(owned)
  const before = yield* originOf(ops, owned)
  if (before === null || before === value) return "absent"
  const now = yield* ops.read(netns, key)
  if (now === value) return "ours"
  // Put back already, perhaps without what goes along with it.
  return owned.begun === true && now === before && memo?.reset !== undefined ? "ours" : "absent"
})

/**
 * What is put back. A device of ours that outlives the VM, as that of a pool does, is as one that is made now: its
 * parameters come from `default`.
 */
const originOf = (ops: Ops, owned: OwnedResource): Effect.Effect<string | null, OpsError> => {
  const { key, link, netns } = sysctl(owned)
  const memo = memoOf(owned)
  if (memo !== undefined) return Effect.succeed(memo.before)
  return link !== undefined && key[3] === link ? ops.read(netns, key.with(3, "default")) : Effect.succeed(null)
}

/** A value that was right before it was ever written is as much part of the plan. */
const inspect = Effect.fnUntraced(function* (ops: Ops, { key, netns, value }: SysctlResource) {
  const now = yield* ops.read(netns, key)
  return now === null ? missing : altered(difference("value", value, now))
})

const write = (ops: Ops, { key, netns, value }: SysctlResource): Effect.Effect<void, OpsError> =>
  ops.write(netns, key, value)

const restore = Effect.fnUntraced(function* (ops: Ops, owned: OwnedResource) {
  const { key, netns, value } = sysctl(owned)
  const before = yield* originOf(ops, owned)
  if (before === null) return
  const reset = memoOf(owned)?.reset
  if (reset === undefined) return yield* ops.write(netns, key, before)
  const held = (yield* ops.read(netns, key)) === value
  const writes = forwardResetWrites(reset, yield* readForwardReset(ops, netns), held ? value : before)
  if (held) yield* ops.write(netns, key, before)
  yield* writeAll(ops, netns, writes)
})
