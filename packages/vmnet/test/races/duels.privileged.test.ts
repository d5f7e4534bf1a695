import { assert, layer } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { duel } from "./duel.ts"
import type { Event, Step } from "./History.ts"

const patience = 240_000

const up = (
  vm: string,
  network: string,
  more: { readonly owned?: boolean; readonly publish?: ReadonlyArray<number> } = {}
): Step => ({
  _tag: "Up",
  vm,
  network,
  publish: more.publish ?? [],
  owned: more.owned ?? false
})
const down = (vm: string): Step => ({ _tag: "Down", vm })
const gc: Step = { _tag: "Gc" }
const warm: Step = { _tag: "Warm", network: "taps" }
const remove = (network: string): Step => ({ _tag: "RemoveNetwork", network })

const wordsOf = (events: ReadonlyArray<Event>, tag: Step["_tag"]) =>
  events.filter(({ step }) => step._tag === tag).map(({ outcome }) => outcome!.word)

const count = (words: ReadonlyArray<string>, word: string): number => words.filter((one) => one === word).length

const ip = (...args: ReadonlyArray<string>) => JSON.parse(execFileSync("ip", ["-json", ...args], { encoding: "utf8" }))

/** Asks the kernel, by name, for what a live VM needs of its network: a bridge with its address, and forwarding. */
const assertNetwork = (event: Event): void => {
  const device = event.outcome!.seen![0]!.things.find((thing) => thing.startsWith("device host "))!.split(" ")[2]!
  const bridge: string = ip("link", "show", "dev", device)[0]?.master ?? "none"
  assert.match(bridge, /^vmb/)
  const [{ addr_info: addresses }] = ip("-4", "address", "show", "dev", bridge)
  assert.deepStrictEqual(
    addresses.map(({ local }: { readonly local: string }) => local),
    ["10.60.0.1"]
  )
  assert.strictEqual(readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"), "1\n")
}

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
  it.effect(
    "the first VM of a network comes while the last one goes: it has its network",
    () =>
      duel(async (one, number) => {
        const [comes, goes] = number % 2 === 0 ? ["web0", "web1"] : ["web1", "web0"]
        await one.meet(down(goes!), up(comes!, "web"))
        assertNetwork(one.events.findLast(({ step }) => step._tag === "Up")!)
      }),
    patience
  )

  it.effect(
    "gc goes by while a VM comes up: it takes nothing of it",
    () =>
      Effect.map(
        duel(async (one) => {
          await one.meet(up("slot0", "slots", { owned: true }), gc)
          await one.calmly(down("slot0"))
        }),
        ({ events }) => assert.notInclude(wordsOf(events, "Down"), "absent")
      ),
    patience
  )

  it.effect(
    "a VM is taken down while it comes up: it is up or gone, never half",
    () =>
      duel(async (one) => {
        await one.meet(up("web0", "web", { publish: [7000] }), down("web0"))
        await one.calmly({ _tag: "Show", vm: "web0" }, down("web0"))
      }),
    patience
  )

  it.effect(
    "the same request twice: exactly one makes the VM",
    () =>
      Effect.map(
        duel(async (one) => {
          await one.meet(up("tap0", "taps"), up("tap0", "taps"))
          await one.calmly(down("tap0"))
        }),
        ({ events, rounds }) => {
          assert.strictEqual(count(wordsOf(events, "Up"), "made"), rounds)
          assert.strictEqual(count(wordsOf(events, "Up"), "existing"), rounds)
        }
      ),
    patience
  )

  it.effect(
    "two VMs publish the same port: exactly one has it",
    () =>
      Effect.map(
        duel(async (one, number) => {
          if (number === 0) await one.calmly(up("web0", "web"), up("slot0", "slots"))
          const port = 7000
          await one.meet({ _tag: "Publish", vm: "web0", port }, { _tag: "Publish", vm: "slot0", port })
          await one.calmly({ _tag: "Unpublish", vm: "web0", port }, { _tag: "Unpublish", vm: "slot0", port })
        }),
        ({ events, rounds }) => assert.strictEqual(count(wordsOf(events, "Publish"), "changed"), rounds)
      ),
    patience
  )

  it.effect(
    "two VMs want the last slot: exactly one has it, and the other is told that there is none",
    () =>
      Effect.map(
        duel(async (one, number) => {
          if (number === 0) await one.calmly(up("first", "pair"))
          await one.meet(up("slot0", "pair"), up("slot1", "pair"))
          await one.calmly(down("slot0"), down("slot1"))
        }),
        ({ events, rounds }) => assert.strictEqual(count(wordsOf(events, "Up"), "ADDRESS_EXHAUSTED"), rounds)
      ),
    patience
  )

  it.effect(
    "a network is removed while a VM comes up on it: in use, or there before the VM",
    () =>
      duel(async (one) => {
        await one.meet(up("tap0", "taps"), remove("taps"))
        await one.calmly({ _tag: "Show", vm: "tap0" }, warm, down("tap0"))
      }),
    patience
  )

  it.effect(
    "two collect at once what a killed process owned: each VM goes once",
    () =>
      Effect.map(
        duel(async (one) => {
          const vms = ["web0", "web1", "web2", "slot0", "slot1"]
          await one.killedAfter(...vms.map((vm) => up(vm, vm.startsWith("web") ? "web" : "slots", { owned: true })))
          // Each VM is a place where the two can meet.
          if (await one.meet(gc, gc)) one.hits += vms.length - 1
        }),
        ({ events }) => {
          const taken = events.flatMap(({ outcome }) => outcome!.taken ?? [])
          assert.strictEqual(taken.length, count(wordsOf(events, "Up"), "made"))
        }
      ),
    patience
  )

  it.effect(
    "a pool is warmed while VMs take its devices and give them back: none is had by two, and none is lost",
    () =>
      duel(async (one) => {
        await one.calmly(remove("taps"))
        await one.meet(up("tap0", "taps"), warm)
        await one.meet(down("tap0"), warm)
      }),
    patience
  )
})
