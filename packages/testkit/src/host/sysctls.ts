import { Effect, type Scope } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { PrivateHostError } from "./errors.ts"
import { undo } from "./mounts.ts"

const pathOf = (key: string) => `/proc/sys/net/${key}`

/** `/proc/sys/net` follows the calling thread's namespace: these calls are synchronous so that they stay on it. */
export const readSysctl = (key: string): string | undefined => {
  try {
    return readFileSync(pathOf(key), "utf8").trim()
  } catch {
    // This kernel has no such key, or its link is gone.
    return undefined
  }
}

export const writeSysctl = (key: string, value: string): Effect.Effect<void, PrivateHostError> =>
  Effect.try({
    try: () => writeFileSync(pathOf(key), value),
    catch: (cause) =>
      new PrivateHostError({ action: `write ${value} to`, object: pathOf(key), detail: String(cause), cause })
  })

const bridgeKeys = [
  "bridge/bridge-nf-call-iptables",
  "bridge/bridge-nf-call-ip6tables",
  "bridge/bridge-nf-call-arptables"
]

/** Everything that a write to `ip_forward` changes besides itself, in the order in which putting it back is lossless. */
const forwardingKeys = [
  "ipv4/ip_forward",
  "ipv4/conf/all/accept_redirects",
  "ipv4/conf/default/forwarding",
  "ipv4/conf/lo/forwarding"
]

const restore = (before: ReadonlyMap<string, string>) =>
  Effect.forEach([...before], ([key, value]) => (readSysctl(key) === value ? Effect.void : writeSysctl(key, value)), {
    discard: true
  })

/**
 * Set the host's sysctls for the scope's life. A new namespace starts with a copy of the machine's, so a value that a
 * test builds upon is always written, never assumed.
 */
export const hostSysctls = (options: {
  readonly ipForward: boolean
  readonly bridgeNetfilter: boolean
}): Effect.Effect<void, PrivateHostError, Scope.Scope> =>
  Effect.gen(function* () {
    const before = new Map<string, string>()
    for (const key of [...forwardingKeys, ...bridgeKeys]) {
      const value = readSysctl(key)
      if (value !== undefined) before.set(key, value)
    }
    yield* Effect.addFinalizer(() => undo(restore(before)))
    yield* writeSysctl("ipv4/ip_forward", options.ipForward ? "1" : "0")
    for (const key of bridgeKeys.filter((one) => before.has(one))) {
      yield* writeSysctl(key, options.bridgeNetfilter ? "1" : "0")
    }
  })
