import { assert } from "@effect/vitest"
import { type NatChange, type NatElement, NatOps, type Netns, describeNatChange, natElementKey } from "@vmnet/core"
import { Effect } from "effect"
import { MemoryKernel } from "../memory/MemoryKernel.ts"
import { comparableNat } from "../memory/ObservedNamespace.ts"
import { inNetns } from "./inNetns.ts"
import { otherOwner, owner } from "./natElements.ts"
import { type NatTests, addLayout } from "./natIn.ts"
import { randomNumbers } from "./randomChanges.ts"

/**
 * Any element, over so few values that most of them get in each other's way. Destinations do not overlap: which
 * overlaps nft refuses depends on more than their order.
 */
const randomElement = (random: (below: number) => number): NatElement => {
  const pick = <A>(items: ReadonlyArray<A>): A => items[random(items.length)]!
  const device = pick(["vmb1", "vmb2"])
  const address = pick(["10.0.0.2", "10.0.0.3"])
  const mark = 1 + random(4)
  const destination = pick(["203.0.113.0/25", "203.0.113.128/25", "198.51.100.7/32"])
  const ports = pick([[80, 80] as const, [81, 443] as const])
  const makers: ReadonlyArray<() => NatElement> = [
    () => ({ _tag: "Segment", device, isolated: device === "vmb2" }),
    () => ({ _tag: "Masquerade", device }),
    () => ({ _tag: "HostAccess", device }),
    () => ({
      _tag: "Slot",
      device,
      uplink: "eth0",
      mac: "02:00:00:00:00:01",
      address,
      outside: pick(["10.11.0.1", "10.11.0.2"])
    }),
    () => ({ _tag: "Guest", device, address, mark, egress: pick(["all", "listed", "none"]) }),
    () => ({ _tag: "Egress", address, destination }),
    () => ({ _tag: "Egress", address, destination, protocol: pick(["tcp", "udp"]), ports }),
    () => ({ _tag: "Port", device }),
    () => ({ _tag: "Detached", device }),
    () => ({ _tag: "Binding", port: device, mac: pick(["02:00:00:00:00:01", "02:00:00:00:00:02"]), address }),
    () => ({
      _tag: "Publish",
      protocol: pick(["tcp", "udp"]),
      hostAddress: pick([null, "192.0.2.1"]),
      hostPort: 8080 + random(3),
      count: 1 + random(3),
      guestAddress: address,
      guestPort: 80,
      mark
    })
  ]
  return pick(makers)()
}

/** One to three changes, twice as many that add as that delete. */
const randomTransaction = (random: (below: number) => number): ReadonlyArray<NatChange> =>
  Array.from({ length: 1 + random(3) }, () => {
    const element = randomElement(random)
    if (random(3) === 0) return { _tag: "DeleteElement", element }
    return { _tag: "AddElement", element, owner: random(4) === 0 ? otherOwner : owner }
  })

/** How a transaction ended, what is there then, and what is found under the keys of its elements. */
const outcome = Effect.fnUntraced(function* (nat: NatOps["Service"], netns: Netns, changes: ReadonlyArray<NatChange>) {
  const ended = yield* Effect.match(nat.apply(netns, changes), {
    onSuccess: () => "done",
    onFailure: ({ reason }) => (changes.length === 1 ? reason : "refused")
  })
  const elements = changes.flatMap((change) => ("element" in change ? [change.element] : []))
  const findings = (yield* nat.find(netns, elements)).map((finding) =>
    finding._tag === "Absent" ? "Absent" : `${finding._tag} ${finding.owner}`
  )
  return { ended, findings, ...comparableNat(yield* nat.snapshot(netns)) }
})

/** Histories nobody thought of: the implementation and the kernel in memory must agree after every transaction. */
export const natHistories = (it: NatTests): void => {
  for (let seed = 1; seed <= 5; seed++) {
    it.effect(
      `history ${seed} of fifty transactions leads where it leads in memory`,
      inNetns(
        Effect.fn(function* (netns) {
          const kernel = MemoryKernel.make()
          const memory = yield* Effect.provide(NatOps, kernel.layer)
          const place = kernel.addNetns("/run/netns/history")
          const nat = yield* NatOps
          const random = randomNumbers(seed)
          const history: Array<string> = []
          for (let step = 0; step < 50; step++) {
            const changes = step === 0 && seed % 2 === 1 ? [addLayout] : randomTransaction(random)
            history.push(changes.map((change) => describeNatChange(change, natElementKey)).join(", "))
            const expected = yield* outcome(memory, place, changes)
            assert.deepStrictEqual(yield* outcome(nat, netns, changes), expected, history.join("\n"))
          }
        })
      )
    )
  }
}
