import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { Netns } from "../ops/Netns.ts"
import { formatSysctlKey, type SysctlKey, type SysctlOps } from "../ops/SysctlOps.ts"

/**
 * What a change of `ip_forward` resets along with it: the forwarding flag of every interface (to the new value) and
 * `conf.all.accept_redirects` (to the opposite); see `inet_forward_change` in net/ipv4/devinet.c.
 */
export interface ForwardReset {
  readonly forwarding: Readonly<Record<string, string>>
  readonly acceptRedirects: string | null
}

type Ops = SysctlOps["Service"]

const ipForward: SysctlKey = ["net", "ipv4", "ip_forward"]
const acceptRedirects: SysctlKey = ["net", "ipv4", "conf", "all", "accept_redirects"]

export const isIpForward = (key: SysctlKey): boolean => formatSysctlKey(key) === formatSysctlKey(ipForward)

export const readForwardReset = Effect.fnUntraced(function* (ops: Ops, netns: Netns) {
  const { all: _, ...forwarding } = yield* ops.forwarding(netns)
  return { forwarding, acceptRedirects: yield* ops.read(netns, acceptRedirects) } satisfies ForwardReset
})

interface Write {
  readonly key: SysctlKey
  readonly value: string
}

/**
 * The writes that make `now` what it was `before`. A parameter counts where it still has the value that a change of
 * `ip_forward` to `value` gave it: another one is somebody's own and stays, or is written again after the next reset.
 */
export const forwardResetWrites = (before: ForwardReset, now: ForwardReset, value: string): ReadonlyArray<Write> => {
  const wanted = (key: SysctlKey, was: string | null | undefined, is: string | null, reset: string) => {
    const target = is === reset ? was : is
    // Devices that are gone or new since have nothing to put back.
    return is === null || target === null || target === undefined ? [] : [{ key, value: target }]
  }
  const redirects = wanted(acceptRedirects, before.acceptRedirects, now.acceptRedirects, value === "0" ? "1" : "0")
  const flags = Object.entries(now.forwarding).flatMap(([device, flag]) =>
    wanted(["net", "ipv4", "conf", device, "forwarding"], before.forwarding[device], flag, value)
  )
  return [...redirects, ...flags]
}

/** Writes what is not so already; goes on past errors, and fails with the first. */
export const writeAll = Effect.fnUntraced(function* (ops: Ops, netns: Netns, writes: ReadonlyArray<Write>) {
  const errors: Array<OpsError> = []
  for (const { key, value } of writes) {
    const write = Effect.flatMap(ops.read(netns, key), (is) =>
      is === null || is === value ? Effect.void : ops.write(netns, key, value)
    )
    yield* Effect.catch(write, (error) => Effect.sync(() => void errors.push(error)))
  }
  if (errors.length > 0) return yield* errors[0]!
})
