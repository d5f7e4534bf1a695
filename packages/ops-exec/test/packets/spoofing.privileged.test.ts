import { assert, layer } from "@effect/vitest"
import { LinkOps } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { namedNetns } from "../support/kernelFixture.ts"
import { inside, ip, run } from "../support/programs.ts"
import { makeAgent } from "./Agent.ts"
import { add, applyLinks, applyNat, bindingElement, guestElement, install, macOf, makeSegment, remove } from "./lab.ts"

const evil = { name: "evil", device: "vmb1", address: "10.0.42.2", mark: 0x11 }
const own = macOf(evil.address)

/** Counts the frames of a port before and after the filter of the layout, which stands at priority -300. */
const watch = (port: string): void => {
  const chain = (name: string, priority: number) =>
    `chain ${name} { type filter hook prerouting priority ${priority}; iifname "${port}" counter; }`
  run("nft", [`table bridge watch {\n${chain("before", -400)}\n${chain("after", 0)}\n}`])
}

const counted = (): { readonly before: number; readonly after: number } => {
  const text = run("nft", ["list", "table", "bridge", "watch"])
  const [before = 0, after = 0] = [...text.matchAll(/counter packets (\d+)/g)].map(([, packets]) => Number(packets))
  return { before, after }
}

/** What passed the filter, and what came to it, while `act` ran. */
const framesDuring = (act: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const start = counted()
    yield* act
    const end = counted()
    return { came: end.before - start.before, passed: end.after - start.after }
  })

/** A guest that is root in its own namespace: it may give itself any address and send what it likes. */
const makeEvil = Effect.gen(function* () {
  const netns = yield* namedNetns
  const inGuest = (...args: ReadonlyArray<string>) => inside(netns.path, "ip", ...args)
  yield* applyNat(add(bindingElement(evil)), add(guestElement(evil)))
  yield* applyLinks({ _tag: "AddVeth", link: "pevil", mtu: 1500, peer: { link: "eth0", netns, mac: own } })
  yield* LinkOps.use((links) => links.apply(netns, [{ _tag: "SetUp", link: "eth0" }]))
  for (const address of ["10.0.42.2/24", "10.0.42.77/24"]) inGuest("address", "add", address, "dev", "eth0")
  // Known by heart, so that what it sends does not wait for ARP.
  inGuest("neighbour", "add", "10.0.42.1", "lladdr", "02:00:00:00:2a:01", "dev", "eth0", "nud", "permanent")
  return { agent: yield* makeAgent("evil", netns.path), inGuest, netns }
})

const attachEvil = applyLinks(
  { _tag: "SetMaster", link: "pevil", master: "vmb1", isolated: false },
  { _tag: "SetUp", link: "pevil" }
)

const lab = Effect.gen(function* () {
  yield* applyNat({ _tag: "AddLayout" })
  yield* Effect.addFinalizer(() => Effect.orDie(applyNat({ _tag: "DeleteLayout" })))
  yield* makeSegment("vmb1", "10.0.42.1")
  watch("pevil")
  yield* Effect.addFinalizer(() => Effect.sync(() => run("nft", ["delete", "table", "bridge", "watch"])))
  return yield* makeEvil
})

layer(layerExec({ install }), { excludeTestServices: true })("a bridge port", (it) => {
  it.effect("lets no frame with a foreign source address through, from the very first on", () =>
    Effect.gen(function* () {
      const { agent } = yield* lab
      const spoof = agent.udp("10.0.42.1", 9, { source: "10.0.42.77" })
      // It is already sending when its port comes up.
      const burst = Effect.all(
        Array.from({ length: 40 }, () => spoof),
        { concurrency: 10 }
      )
      const frames = yield* framesDuring(
        Effect.orDie(Effect.all([burst, attachEvil], { concurrency: 2 })).pipe(
          Effect.provide(yield* Effect.context<LinkOps>())
        )
      )
      assert.isAbove(frames.came, 0)
      assert.strictEqual(frames.passed, 0)
    })
  )

  it.effect("lets its own address through, with its own MAC only", () =>
    Effect.gen(function* () {
      const { agent, inGuest } = yield* lab
      yield* attachEvil
      const send = agent.udp("10.0.42.1", 9, { source: "10.0.42.2" })
      const honest = yield* framesDuring(send)
      assert.isAbove(honest.passed, 0)
      assert.strictEqual(honest.passed, honest.came)
      inGuest("link", "set", "dev", "eth0", "address", "02:00:00:00:00:66")
      inGuest("neighbour", "replace", "10.0.42.1", "lladdr", "02:00:00:00:2a:01", "dev", "eth0", "nud", "permanent")
      const spoofed = yield* framesDuring(send)
      assert.isAbove(spoofed.came, 0)
      assert.strictEqual(spoofed.passed, 0)
    })
  )

  it.effect("lets nothing through while it waits for its guest, its own address neither", () =>
    Effect.gen(function* () {
      const { agent } = yield* lab
      yield* attachEvil
      const send = agent.udp("10.0.42.1", 9, { source: "10.0.42.2" })
      yield* applyNat(add({ _tag: "Port", device: "pevil" }), remove(bindingElement(evil)))
      const idle = yield* framesDuring(send)
      assert.isAbove(idle.came, 0)
      assert.strictEqual(idle.passed, 0)
      yield* applyNat(add(bindingElement(evil)))
      const bound = yield* framesDuring(send)
      assert.isAbove(bound.passed, 0)
    })
  )

  it.effect("lets no ARP through that claims another's address", () =>
    Effect.gen(function* () {
      const { netns } = yield* lab
      yield* attachEvil
      const arping = (source: string) =>
        Effect.sync(() => {
          try {
            inside(netns.path, "busybox", "arping", "-U", "-c", "1", "-w", "1", "-I", "eth0", "-s", source, source)
          } catch {
            // Nobody answers an announcement.
          }
        })
      const honest = yield* framesDuring(arping("10.0.42.2"))
      assert.isAbove(honest.passed, 0)
      const spoofed = yield* framesDuring(arping("10.0.42.77"))
      assert.isAbove(spoofed.came, 0)
      assert.strictEqual(spoofed.passed, 0)
    })
  )

  it.effect("lets no IPv6 through, while a bridge of somebody else does", () =>
    Effect.gen(function* () {
      const { inGuest, netns } = yield* lab
      yield* attachEvil
      inGuest("address", "add", "fe80::2/64", "dev", "eth0", "nodad")
      const solicit = Effect.sync(() => {
        try {
          inside(netns.path, "busybox", "ping", "-6", "-c", "1", "-W", "1", "fe80::1%eth0")
        } catch {
          // Nobody answers; the solicitations count.
        }
      })
      const ours = yield* framesDuring(solicit)
      assert.isAbove(ours.came, 0)
      assert.strictEqual(ours.passed, 0)
      ip("link", "set", "dev", "pevil", "nomaster")
      ip("link", "set", "dev", "pevil", "down")
      ip("link", "set", "dev", "pevil", "name", "pevil2")
      run("nft", ["delete", "table", "bridge", "watch"])
      watch("pevil2")
      ip("link", "set", "dev", "pevil2", "master", "vmb1", "up")
      const theirs = yield* framesDuring(solicit)
      assert.isAbove(theirs.came, 0)
      assert.strictEqual(theirs.passed, theirs.came)
    })
  )
})
