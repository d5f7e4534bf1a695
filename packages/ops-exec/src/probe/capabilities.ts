/** Bit numbers of linux/capability.h for what vmnet does: links and firewall, and entering other namespaces. */
const needed: ReadonlyArray<readonly [name: string, bit: bigint]> = [
  ["CAP_NET_ADMIN", 12n],
  ["CAP_SYS_ADMIN", 21n]
]

/** The capabilities missing from the effective set in `/proc/self/status` (proc(5), `CapEff`). */
export const missingCapabilities = (status: string): ReadonlyArray<string> => {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`)
  return needed.filter(([, bit]) => ((effective >> bit) & 1n) === 0n).map(([name]) => name)
}
