import { type Commands, type FirewallChain, type FirewallTable, type Sight, seen } from "@vmnet/core"
import { type NftObject, readNft } from "@vmnet/ops-common"
import { Effect } from "effect"
import { unseenWords } from "./look.ts"
import { nftRule } from "./nftRules.ts"

const attempt = { family: "nat", action: "list the firewall" } as const

/** Without the elements of sets, which say nothing about drops and may be millions. */
const args = ["-j", "-t", "list", "ruleset"]
const timeout = 15_000
const maxOutput = 64 * 1024 * 1024

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const keyOf = (...parts: ReadonlyArray<unknown>): string => JSON.stringify(parts)

const chainOf = (body: NftObject["body"], rules: FirewallChain["rules"]): FirewallChain => ({
  chain: text(body["name"]),
  hook: typeof body["hook"] === "string" ? body["hook"] : null,
  priority: typeof body["prio"] === "number" ? body["prio"] : null,
  policy: body["policy"] === "accept" || body["policy"] === "drop" ? body["policy"] : null,
  rules
})

/** Tables, chains and rules of what `nft -j` listed, put together. */
export const nftTables = (objects: ReadonlyArray<NftObject>): ReadonlyArray<FirewallTable> => {
  const rules = Map.groupBy(
    objects.filter(({ kind }) => kind === "rule"),
    ({ body }) => keyOf(body["family"], body["table"], body["chain"])
  )
  const chains = Map.groupBy(
    objects.filter(({ kind }) => kind === "chain"),
    ({ body }) => keyOf(body["family"], body["table"])
  )
  const rulesOf = (family: unknown, table: unknown, chain: unknown) =>
    (rules.get(keyOf(family, table, chain)) ?? []).map(({ body }) => nftRule(body["expr"]))
  return objects
    .filter(({ kind }) => kind === "table")
    .map(({ body: { family, name } }) => ({
      family: text(family),
      table: text(name),
      chains: (chains.get(keyOf(family, name)) ?? []).map(({ body }) =>
        chainOf(body, rulesOf(family, name, body["name"]))
      )
    }))
}

export const nftRuleset = (commands: Commands["Service"]): Effect.Effect<Sight<ReadonlyArray<FirewallTable>>> =>
  commands.run({ program: "nft", args, timeout, maxOutput }).pipe(
    Effect.flatMap(({ exitCode, stderr, stdout }) =>
      exitCode === 0
        ? Effect.map(readNft(attempt, stdout), (objects) => seen(nftTables(objects)))
        : Effect.succeed(unseenWords(stderr))
    ),
    Effect.catch((error) => Effect.succeed(unseenWords(error.message)))
  )
