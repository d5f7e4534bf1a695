import { assert, it } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import { checkHistory } from "./checkHistory.ts"
import { bundled, crew } from "./Crew.ts"
import { allGone, assertUnchanged, openRecord } from "./end.ts"
import type { Event, Step } from "./History.ts"
import { sizes } from "./networks.ts"

const processes = 16

interface Link {
  readonly ifname: string
  readonly master?: string
}

/** The bridge that each TAP of ours hangs on. */
const taps = (): ReadonlyMap<string, string | undefined> => {
  const links: ReadonlyArray<Link> = JSON.parse(execFileSync("ip", ["-json", "link", "show"], { encoding: "utf8" }))
  return new Map(links.flatMap(({ ifname, master }) => (ifname.startsWith("vmt") ? [[ifname, master]] : [])))
}

const deviceOf = ({ outcome }: Event): string =>
  outcome!.seen![0]!.things.find((thing) => thing.startsWith("device host "))!.split(" ")[2]!

/** Every process brings its own VMs up, all processes at once; then each takes its own down again. */
const crowded = Effect.fn("crowded")(function* (network: string, each: number) {
  const workers = yield* crew(
    yield* bundled,
    Array.from({ length: processes }, (_, number) => `${number}.0`)
  )
  const all = (stepsOf: (vm: string) => Step) =>
    Effect.promise(async () => {
      const orders = workers.map((worker, number) =>
        worker.run({ steps: Array.from({ length: each }, (_, index) => stepsOf(`vm-${number}-${index}`)) })
      )
      return (await Promise.all(orders)).flat() as ReadonlyArray<Event>
    })
  const ups = yield* all((vm) => ({ _tag: "Up", vm, network, publish: [], owned: false }))
  const made = ups.filter(({ outcome }) => outcome!.word === "made")
  const found = taps()
  assert.sameMembers([...found.keys()], made.map(deviceOf))
  assert.strictEqual(new Set(found.values()).size, 1)
  assert.match([...found.values()][0] ?? "none", /^vmb/)
  const downs = yield* all((vm) => ({ _tag: "Down", vm }))
  const events = [...ups, ...downs]
  const complaints = checkHistory({ events, kills: new Map() }, sizes)
  assert.deepStrictEqual(complaints, [], complaints.join("\n"))
  return { ups, made, downs }
})

const leavesNothing = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    yield* openRecord
    const before = yield* HostSnapshot.take()
    yield* Effect.scoped(work)
    yield* allGone("after the crowd")
    yield* assertUnchanged(before, "after the crowd")
  }).pipe(Effect.provide(Layer.orDie(PrivateHost.layer())))

it.live(
  "16 processes attach 6 VMs each at once: all are up on one bridge, nothing is given twice, and all go at once",
  () =>
    leavesNothing(
      Effect.gen(function* () {
        const { downs, made } = yield* crowded("large", 6)
        assert.strictEqual(made.length, processes * 6)
        assert.isTrue(downs.every(({ outcome }) => outcome!.word === "removed"))
      })
    ),
  240_000
)

it.live(
  "of 64 VMs that 16 processes attach a /28 takes exactly 13; the others fail as exhausted and leave nothing",
  () =>
    leavesNothing(
      Effect.gen(function* () {
        const { made, ups } = yield* crowded("small", 4)
        assert.strictEqual(made.length, 13)
        const refused = ups.filter((event) => !made.includes(event))
        assert.deepStrictEqual([...new Set(refused.map(({ outcome }) => outcome!.word))], ["ADDRESS_EXHAUSTED"])
      })
    ),
  240_000
)
