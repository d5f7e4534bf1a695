import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"

const pathOf = (key: string) => `/proc/sys/net/${key}`

/** `/proc/sys/net` shows the network of the thread that reads: synchronous calls stay in it. */
export const sysctl = (key: string): string => readFileSync(pathOf(key), "utf8").trim()

export const setSysctl = (key: string, value: string): void => writeFileSync(pathOf(key), value)

/** All that a write to `ip_forward` touches, in the order in which it can be put back. */
const forwardingKeys = [
  "ipv4/ip_forward",
  "ipv4/conf/all/accept_redirects",
  "ipv4/conf/default/forwarding",
  "ipv4/conf/lo/forwarding",
  "ipv4/conf/eth0/forwarding"
]

/** What the test itself does to the host's forwarding is undone with the scope. */
export const ownForwarding = Effect.acquireRelease(
  Effect.sync(() => forwardingKeys.map((key) => [key, sysctl(key)] as const)),
  (before) =>
    Effect.sync(() => {
      for (const [key, value] of before) setSysctl(key, value)
    })
)

export const assertSysctls = (expected: Readonly<Record<string, string>>): void =>
  assert.deepStrictEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, sysctl(key)])), expected)
