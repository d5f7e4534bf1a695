import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { Link, LinkOps } from "../ops/LinkOps.ts"
import { namedNetns } from "../ops/Netns.ts"
import type { Presence } from "./Driver.ts"
import { tagPresence } from "./tagPresence.ts"

/** What the kernel puts into a new namespace by itself: the loopback, and the ends of tunnels whose modules are loaded. */
const born: ReadonlySet<string> = new Set([
  "lo",
  "tunl0",
  "sit0",
  "gre0",
  "gretap0",
  "erspan0",
  "ip_vti0",
  "ip6_vti0",
  "ip6tnl0",
  "ip6gre0"
])

const isAsBorn = ({ link, up }: Link): boolean => born.has(link) && !up

/**
 * What stands under each of these names. One of ours that was half made has no tag yet, and neither has anybody else's:
 * the two are told apart by what is inside. We tag before we do anything else, so what is in use was never ours. A name
 * without a namespace behind it is what is left of one that was half made, too.
 *
 * What this cannot tell from ours is an empty namespace of the very name, without tag, that somebody made between our last
 * look for a free name and the failure or crash of our making it: it goes under our intent, with nothing in it to lose.
 */
export const netnsPresences = (
  ops: LinkOps["Service"],
  names: ReadonlyArray<{ readonly name: string; readonly owner: string }>
): Effect.Effect<ReadonlyArray<Presence>, OpsError> =>
  Effect.gen(function* () {
    if (names.length === 0) return []
    const found = yield* ops.findNetns(names.map(({ name }) => name))
    return yield* Effect.forEach(names, ({ name, owner }, index): Effect.Effect<Presence, OpsError> => {
      const there = found[index] ?? null
      if (there === null) return Effect.succeed("absent")
      return there.alias === "" ? unused(ops, name) : Effect.succeed(tagPresence(there.alias ?? "", owner))
    })
  })

const unused = (ops: LinkOps["Service"], name: string): Effect.Effect<Presence, OpsError> =>
  Effect.map(isUntouched(ops, name), (untouched) => (untouched ? "untagged" : "foreign"))

/** Nothing in it but what the kernel puts there, and that is down. */
export const isUntouched = (ops: LinkOps["Service"], name: string): Effect.Effect<boolean, OpsError> =>
  Effect.map(
    ops.snapshot(namedNetns(name)),
    ({ links, routes }) => links.length > 0 && links.every(isAsBorn) && routes.length === 0
  )
