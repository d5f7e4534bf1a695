import { assert, describe } from "@effect/vitest"
import { hostNetns, type Netns, Vmnet, type VmnetError } from "@vmnet/core"
import { MemoryKernel, type ObservedNamespace, observeNamespace } from "@vmnet/testkit"
import { layerExec } from "@vmnet/ops-exec"
import { suiteOn } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { layerMemory, request, temporaryStateDir } from "./support/memoryHost.ts"
import { emptyNetns, type Flags, leavesNoTrace, shareHostBy } from "./support/realHost.ts"
import { native } from "./support/subjects.ts"

const box = { _tag: "Path", path: "/run/netns/box" } satisfies Netns

const config = `
networks:
  web: { subnet: 10.0.60.0/24 }
  lab: { subnet: 10.0.61.0/28, isolated: true, hostAccess: true, masquerade: false, mtu: 1400, addressing: lowest }
`

type Step = readonly [words: string, (vmnet: Vmnet["Service"]) => Effect.Effect<unknown, VmnetError>]

const up = (vm: string, network: string, flags: Partial<Flags> = {}): Step => [
  `up ${vm}`,
  (vmnet) => vmnet.up(request(vm, { network, ...flags }, config))
]
const down = (vm: string): Step => [`down ${vm}`, (vmnet) => vmnet.down(vm)]
const specs = (...publish: ReadonlyArray<string>) => request("any", { publish }).publish

const steps: ReadonlyArray<Step> = [
  up("a", "web", { publish: ["8080-8082:80", "192.0.2.10:9000:90"] }),
  up("b", "web", { egress: ["203.0.113.0/24:443", "198.51.100.53:53/udp", "198.51.100.7"] }),
  up("c", "web", { netns: box.path, egress: ["none"] }),
  up("d", "lab", { publish: ["127.0.0.1:53:53/udp"], tapOwner: "1000:1000" }),
  up("e", "lab", { ip: "10.0.61.9", mac: "02:00:00:00:00:07" }),
  ["publish", (vmnet) => vmnet.publish("a", specs("7000-7003:70/udp"))],
  ["unpublish", (vmnet) => vmnet.unpublish("a", specs("8080-8082:80"))],
  down("b"),
  ["up b again", (vmnet) => vmnet.up(request("b", { network: "web", egress: ["internet"] }, config))],
  ["up nobody", (vmnet) => Effect.ignore(vmnet.up(request("f", { network: "web", publish: ["7001:1/udp"] }, config)))],
  down("d"),
  down("e"),
  down("c"),
  down("b"),
  down("a")
]

/** Random where nobody asked for one: the host's own ends. */
const withoutOwnMacs = (namespace: ObservedNamespace): ObservedNamespace => ({
  ...namespace,
  links: namespace.links.map((link) => (/^vm[tv]/.test(link.link) ? { ...link, mac: "any" } : link))
})

/** What came since `before`: an uplink, and what a kernel has by itself, differ from one host to another. */
const newSince = (before: ObservedNamespace, now: ObservedNamespace) => {
  const { links, routes, neighbours, nat, forwarding } = withoutOwnMacs(now)
  const fresh = <A>(items: ReadonlyArray<A>, known: ReadonlyArray<A>) => {
    const texts = new Set(known.map((one) => JSON.stringify(one)))
    return items.filter((one) => !texts.has(JSON.stringify(one)))
  }
  const common = new Set(["all", "default", "lo", "eth0"])
  const old = new Set(before.links.map(({ link }) => link).filter((link) => !common.has(link)))
  return {
    links: fresh(links, before.links),
    routes: fresh(routes, before.routes),
    neighbours: fresh(neighbours, before.neighbours),
    nat,
    forwarding: Object.fromEntries(
      Object.entries(forwarding)
        .filter(([device]) => !old.has(device))
        .toSorted()
    )
  }
}

const observed = Effect.all({ host: observeNamespace(hostNetns), box: observeNamespace(box) })

/** What is new on the host and in the namespace after each step. */
const story = Effect.gen(function* () {
  const vmnet = yield* Vmnet
  const before = yield* observed
  const pictures: Array<unknown> = []
  for (const [words, step] of steps) {
    yield* step(vmnet)
    const now = yield* observed
    pictures.push({ words, host: newSince(before.host, now.host), box: newSince(before.box, now.box) })
  }
  return pictures
})

/** The uplink of a private host, in memory. */
const memoryHost = (): MemoryKernel => {
  const kernel = MemoryKernel.make()
  kernel.addNetns(box.path)
  kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
  kernel.foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
  return kernel
}

const inMemory = Effect.gen(function* () {
  const kernel = memoryHost()
  const stateDir = temporaryStateDir()
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(join(stateDir, ".."), { recursive: true })))
  // Fresh: the service on the real kernel is in use around this one, and layers in use are shared.
  const services = Layer.fresh(Layer.merge(layerMemory(kernel, stateDir), kernel.layer))
  return yield* Effect.provide(story, services)
})

describe.each([native, suiteOn("exec", layerExec)])("both kernels, the real one by way of $way", (way) => {
  shareHostBy(way)("the same steps", (it) => {
    it.effect("leave the same links, routes, firewall and forwarding on both, after each step", () =>
      leavesNoTrace(
        Effect.gen(function* () {
          yield* emptyNetns("box")
          const real = yield* story
          const memory = yield* inMemory
          for (const [index, picture] of real.entries()) assert.deepStrictEqual(memory[index], picture)
          assert.strictEqual(memory.length, steps.length)
        })
      )
    )
  })
})
