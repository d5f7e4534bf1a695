import { Effect, Result } from "effect"
import { Backends } from "../../backend/Backends.ts"
import { allNetworks } from "../../ledger/NetworkRow.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { InterfaceName } from "../../names/InterfaceName.ts"
import { parseOwner } from "../../names/Owner.ts"
import { covers, type Ipv4Prefix, parseInterface, parsePrefix } from "../../net/Ipv4.ts"
import { type Link, LinkOps } from "../../ops/LinkOps.ts"
import { hostNetns } from "../../ops/Netns.ts"
import { keyOf } from "../../resource/identity.ts"
import { userOfBridge, userOfTap } from "../users.ts"
import type { Guess, LookAlike } from "./lookAlikes.ts"

const kindOf = {
  vmt: { kind: "Tap", type: "tun" },
  vmb: { kind: "Bridge", type: "bridge" },
  vmv: { kind: "Veth", type: "veth" }
} as const

const expected = (link: string) => kindOf[link.slice(0, 3) as keyof typeof kindOf]

/** Links of the host with names of exactly our form; bridges last, for their ports may go before them. */
export const linksLikeOurs = Effect.gen(function* () {
  const { links } = yield* (yield* LinkOps).snapshot(hostNetns)
  const { install } = yield* Ledger
  const named = links.filter(({ alias, link }) => InterfaceName.matches(link) && !isTaggedByUs(alias, install))
  return named
    .map(({ link }): LookAlike => {
      const { kind } = expected(link)
      return {
        subject: { vm: null, kind, name: link },
        key: keyOf(kind, hostNetns, link),
        look: look(link),
        removal: { _tag: "DeleteLink", link }
      }
    })
    .toSorted((a, b) => Number(a.subject.kind === "Bridge") - Number(b.subject.kind === "Bridge"))
})

/** That is told by its tag. */
const isTaggedByUs = (alias: string, install: string): boolean => parseOwner(alias)?.install === install

const look = Effect.fnUntraced(function* (name: string) {
  const ops = yield* LinkOps
  // A dump would do for its ports, but never for its absence.
  const [found = null] = yield* ops.find(hostNetns, [name])
  if (found === null) return "gone" as const
  const obvious = judgeLink(found, yield* subnets)
  if (obvious !== "unused") return obvious
  const user = yield* found.type === "tun" ? userOfTap(hostNetns, name, "it") : userOfBridge(name, "it")
  if (user !== undefined) return { usedBy: user }
  const { routes } = yield* ops.snapshot(hostNetns)
  return routes.some(({ link, via }) => link === name && via !== null) ? { usedBy: "routes lead through it" } : "unused"
})

/** What can be told from the link alone. */
export const judgeLink = (link: Link, ours: ReadonlyArray<Ipv4Prefix>): Guess => {
  if (link.alias !== "") return { foreign: "it carries a tag that is not ours" }
  if (link.type !== expected(link.link).type) return { foreign: `a link of ours with this name is no ${link.type}` }
  if (link.master !== null) return { usedBy: "it is a port of a bridge" }
  // Who is at its other end cannot be seen from here.
  if (link.type === "veth" && link.up) return { usedBy: "it is up, and its other end may be somebody's" }
  const isElsewhere = link.addresses.some((address) => !isAmong(address, ours))
  return isElsewhere ? { foreign: "it has an address that is in no subnet of ours" } : "unused"
}

/** IPv6 addresses that the kernel gave by itself (fe80::/10) say nothing. */
const isAmong = (address: string, ours: ReadonlyArray<Ipv4Prefix>): boolean => {
  if (/^fe[89ab]/i.test(address)) return true
  const parsed = parseInterface(address)
  return Result.isSuccess(parsed) && ours.some((one) => covers(one, { base: parsed.success.address, length: 32 }))
}

/** The subnets that the backends have by default, and those of the networks on record. */
const subnets = Effect.gen(function* () {
  const backends = [...(yield* Backends).values()].map(({ defaultNetwork }) => defaultNetwork)
  const known = yield* (yield* Ledger).transact("look up networks", (tx) => allNetworks(tx))
  const texts = [...backends, ...known.map(({ spec }) => spec)].flatMap(({ links, subnet }) => [subnet, links])
  return texts.flatMap((text) => {
    const parsed = text === undefined ? undefined : parsePrefix(text)
    return parsed !== undefined && Result.isSuccess(parsed) ? [parsed.success] : []
  })
})
