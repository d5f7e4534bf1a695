import { Effect } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { formatSysctlKey, type SysctlKey, type SysctlOps } from "../ops/SysctlOps.ts"
import type { Driver, Presence } from "./Driver.ts"
import type { SysctlResource } from "./Resource.ts"

/**
 * What was found before a parameter was changed: its value, and for `ip_forward` what its change resets along with it
 * (every interface's forwarding flag and `conf.all.accept_redirects`; see `inet_forward_change` in net/ipv4/devinet.c).
 */
export interface SysctlMemo {
  readonly before: string
  readonly forwarding?: Readonly<Record<string, string>>
  readonly acceptRedirects?: string
}

const ipForward: SysctlKey = ["net", "ipv4", "ip_forward"]
const acceptRedirects: SysctlKey = ["net", "ipv4", "conf", "all", "accept_redirects"]
const forwardingOf = (device: string): SysctlKey => ["net", "ipv4", "conf", device, "forwarding"]

type Ops = SysctlOps["Service"]

/**
 * Parameters held at a value. A value that was right already is never written, so nothing is put back either; a value
 * that somebody changed meanwhile is theirs and stays.
 */
export const makeSysctlDriver = (ops: Ops): Driver => ({
  apply: (resources) =>
    Effect.forEach(resources, (owned) => hold(ops, sysctl(owned), memoOf(owned)), { discard: true }),
  find: (resources) =>
    Effect.forEach(resources, (owned) =>
      Effect.map(ops.read(sysctl(owned).netns, sysctl(owned).key), (value): Presence =>
        changedByUs(owned) && value === sysctl(owned).value ? "ours" : "absent"
      )
    ),
  remove: (resources) =>
    Effect.forEach(resources, (owned) => restore(ops, sysctl(owned), memoOf(owned)!), { discard: true })
})

/** Reads what must be remembered before the resource is applied; nothing for parameters that go with their device. */
export const sysctlMemo = (ops: Ops, resource: SysctlResource): Effect.Effect<SysctlMemo | undefined, OpsError> =>
  Effect.gen(function* () {
    if (resource.link !== undefined) return undefined
    const before = yield* ops.read(resource.netns, resource.key)
    if (before === null) {
      return yield* new OpsError({
        family: "sysctl",
        reason: "Missing",
        action: `read sysctl ${formatSysctlKey(resource.key)}`,
        output: "this kernel does not have it"
      })
    }
    if (formatSysctlKey(resource.key) !== formatSysctlKey(ipForward)) return { before }
    const forwarding = yield* ops.forwarding(resource.netns)
    const redirects = yield* ops.read(resource.netns, acceptRedirects)
    return { before, forwarding, ...(redirects === null ? {} : { acceptRedirects: redirects }) }
  })

const sysctl = ({ resource }: OwnedResource): SysctlResource => resource as SysctlResource

const memoOf = (owned: OwnedResource): SysctlMemo | undefined => owned.memo as SysctlMemo | undefined

const changedByUs = (owned: OwnedResource): boolean => {
  const memo = memoOf(owned)
  return memo !== undefined && memo.before !== sysctl(owned).value
}

const hold = (ops: Ops, { netns, key, value }: SysctlResource, memo: SysctlMemo | undefined) =>
  memo?.before === value ? Effect.void : ops.write(netns, key, value)

const restore = Effect.fnUntraced(function* (ops: Ops, { netns, key }: SysctlResource, memo: SysctlMemo) {
  yield* ops.write(netns, key, memo.before)
  if (memo.acceptRedirects !== undefined) yield* ops.write(netns, acceptRedirects, memo.acceptRedirects)
  if (memo.forwarding === undefined) return
  const reset = yield* ops.forwarding(netns)
  for (const [device, value] of Object.entries(memo.forwarding)) {
    // Devices that went away meanwhile have nothing to put back.
    if (device in reset && reset[device] !== value) yield* ops.write(netns, forwardingOf(device), value)
  }
})
