import { assert, layer } from "@effect/vitest"
import { hostNetns, LinkOps, type OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { ip } from "../../../ops-exec/test/support/programs.ts"
import { inProcess } from "../layers.ts"

const make = (...links: ReadonlyArray<string>): void => {
  for (const link of links) ip("tuntap", "add", "dev", link, "mode", "tap")
}

const remove = (...links: ReadonlyArray<string>): Effect.Effect<void, OpsError, LinkOps> =>
  LinkOps.use((ops) =>
    ops.apply(
      hostNetns,
      links.map((link) => ({ _tag: "DeleteLink", link }) as const)
    )
  )

/** Name and group of every link but loopback. */
const there = (): ReadonlyArray<readonly [string, string]> =>
  (JSON.parse(ip("-j", "link", "show")) as ReadonlyArray<{ ifname: string; group: string }>)
    .filter(({ ifname }) => ifname !== "lo")
    .map(({ group, ifname }) => [ifname, group] as const)

layer(inProcess, { excludeTestServices: true })("links of the host that are deleted together", (it) => {
  it.effect("go, with their other ends, and nobody else's goes with them", () =>
    Effect.gen(function* () {
      make("vmt1", "vmt2", "other")
      ip("link", "add", "vmv1", "type", "veth", "peer", "name", "vmp1")
      ip("link", "set", "other", "group", "7")
      yield* remove("vmt1", "vmv1", "vmt2")
      assert.deepStrictEqual(there(), [["other", "7"]])
      ip("link", "delete", "other")
    })
  )

  it.effect("up to the first that is not there, and the error says which", () =>
    Effect.gen(function* () {
      make("vmt1", "vmt2", "vmt3", "vmt4")
      const { index, reason } = yield* Effect.flip(remove("vmt1", "vmt2", "absent", "vmt3"))
      assert.deepStrictEqual([index, reason], [2, "Missing"])
      assert.deepStrictEqual(there(), [
        ["vmt3", "default"],
        ["vmt4", "default"]
      ])
      yield* remove("vmt3", "vmt4")
      assert.deepStrictEqual(there(), [])
      assert.strictEqual((yield* Effect.flip(remove("vmt1", "vmt2"))).index, 0)
    })
  )

  it.effect("up to the first that cannot be deleted, which is as it was", () =>
    Effect.gen(function* () {
      make("vmt1", "vmt2")
      assert.strictEqual((yield* Effect.flip(remove("vmt1", "lo", "vmt2"))).index, 1)
      assert.deepStrictEqual(there(), [["vmt2", "default"]])
      assert.include(ip("-d", "link", "show", "lo"), "group default")
      yield* remove("vmt2")
    })
  )

  it.effect("leave the thread to others while the kernel waits", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 8 }, (_, at) => `vmt${at}`)
      make(...names)
      let turns = 0
      const timer = setInterval(() => turns++, 0)
      for (const name of names) yield* remove(name)
      clearInterval(timer)
      // A deletion takes tens of milliseconds; where it kept this thread there would be a turn between two of them at most.
      assert.isAbove(turns, 2 * names.length)
      assert.deepStrictEqual(there(), [])
    })
  )
})
