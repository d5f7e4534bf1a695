import type { Blocked } from "./blocked.ts"

/** A chain in one phrase: layer, table, chain, priority, and whose it is. */
export const describeBlocked = (blocked: Blocked): string => {
  const { chain, dropping, family, layer, owner, policy, priority, table } = blocked
  const where = dropping === chain ? "" : ` by its chain ${dropping}`
  const facts = [
    ...(priority === null ? [] : [`priority ${priority}`]),
    ...(policy === null ? [] : [`policy ${policy}`])
  ].join(", ")
  const of = owner === null ? "" : ` of ${owner}`
  return `${layer}: ${family} ${table} ${chain}${facts === "" ? "" : ` (${facts})`}${of}${where}`
}
