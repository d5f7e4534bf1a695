import type { Vitest } from "@effect/vitest"
import { type Netns, type SysctlKey, SysctlOps } from "@vmnet/core"
import { Effect } from "effect"
import type { KernelFixture } from "./KernelFixture.ts"

export type SysctlTests = Vitest.MethodsNonLive<SysctlOps | KernelFixture>

export const ipForward: SysctlKey = ["net", "ipv4", "ip_forward"]
export const conf = (device: string, parameter: string): SysctlKey => ["net", "ipv4", "conf", device, parameter]

/** What a test asks of the parameters of its namespace, in few words. */
export const sysctlsIn = Effect.fnUntraced(function* (netns: Netns) {
  const sysctls = yield* SysctlOps
  const read = (key: SysctlKey) => sysctls.read(netns, key)
  const write = (key: SysctlKey, value: string) => sysctls.write(netns, key, value)
  return { read, write, forwarding: sysctls.forwarding(netns) }
})
