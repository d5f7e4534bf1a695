import { natFixtures } from "@vmnet/testkit/conformance"

const { table } = natFixtures

/** What others may do to the layout, as one nft command each. */
export const layoutDamages: ReadonlyArray<readonly [what: string, command: ReadonlyArray<string>]> = [
  ["a chain is emptied", ["flush", "chain", "inet", table, "from_guest"]],
  ["a rule is added", ["add", "rule", "inet", table, "from_guest", "accept"]],
  ["a rule is put before the others", ["insert", "rule", "bridge", table, "guard", "accept"]],
  ["a chain is added", ["add", "chain", "inet", table, "more"]],
  ["a policy is changed", ["add", "chain", "inet", table, "forward", "{", "policy", "drop", ";", "}"]],
  ["a set is added", ["add", "set", "inet", table, "more", "{", "type", "ifname", ";", "}"]],
  ["a table is put to sleep", ["add", "table", "inet", table, "{", "flags", "dormant", ";", "}"]],
  ["a table is emptied of rules", ["flush", "table", "bridge", table]],
  ["one of the tables is deleted", ["delete", "table", "bridge", table]]
]
