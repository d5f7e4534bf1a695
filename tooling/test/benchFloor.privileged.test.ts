import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, readdirSync } from "node:fs"
import { untilLinks } from "../bench/chapters/memory.ts"
import { floor } from "../bench/contestants/floorContestant.ts"
import { runProgram } from "../bench/contestants/runProgram.ts"
import { native } from "../bench/contestants/vmnetContestant.ts"
import { networkOf } from "../bench/networks.ts"
import { makeWorld, type World } from "../bench/World.ts"
import { HostSnapshot, PrivateHost } from "../../packages/testkit/src/index.ts"

/** Names, marks, addresses and tags are each VM's own; all else is the topology. */
const anonymous = (text: string): string =>
  text
    .replaceAll(/vm[tv][a-z0-9]{12}/g, "DEVICE")
    .replaceAll(/vmnet-slots-\d+/g, "NETNS")
    .replaceAll(/vmnet:[0-9a-f]{8}:[a-z0-9-]+:\d+/g, "OWNER")
    .replaceAll(/02:fc:(?!00:00:00)\S+/g, "MAC")
    .replaceAll(/10\.(?:64|65|66)\.0\.\d+/g, "ADDRESS")
    .replaceAll(/\b(ADDRESS|elem\(val:ADDRESS comment:OWNER\)) \d+\]/g, "$1 MARK]")

/** What neither of the two is about: it comes by itself, and late (`linkwatch` looks once a second). */
const isBySelf = (line: string): boolean => line.includes("multicast ff00::/8")
const withoutCarrier = (text: string): string => text.replaceAll(/NO-CARRIER,|,LOWER_UP| state [A-Z]+| linkdown/g, "")

const macOf = (line: string): string => /lladdr (\S+)/.exec(line)?.[1] ?? ""

/** The inside of the slot that was not there before. */
const insideOf = (before: ReadonlyArray<string>): string => {
  const name = readdirSync("/run/netns").find((one) => !before.includes(one))
  if (name === undefined) return ""
  const inside = (...argv: ReadonlyArray<string>) => runProgram(["nsenter", `--net=/run/netns/${name}`, ...argv])
  const settings = ["forwarding", "rp_filter", "proxy_arp"].map((one) => `net.ipv4.conf.tap0.${one}`)
  return [
    inside("ip", "-details", "-oneline", "link").replaceAll(/^\d+: |link-netns\S* \S+|if\d+|(\\\s+)?alias \S+/gm, ""),
    inside("ip", "-oneline", "-4", "address").replaceAll(/^\d+: /gm, ""),
    inside("ip", "route"),
    // In the order of a table of hashes, which is another one in each namespace.
    inside("ip", "neigh")
      .split("\n")
      .toSorted((one, other) => macOf(one).localeCompare(macOf(other)))
      .join("\n"),
    inside("sysctl", ...settings, "net.ipv4.conf.eth0.forwarding"),
    inside("nft", "list", "ruleset")
  ].join("\n")
}

const devices = (): ReadonlyArray<string> => readdirSync("/sys/class/net")

/** A snapshot says of a new device that it has parameters, not which. */
const parametersOf = (device: string): ReadonlyArray<string> =>
  ["conf", "neigh"].flatMap((kind) =>
    readdirSync(`/proc/sys/net/ipv4/${kind}/${device}`).map(
      (name) => `${kind}.${name} = ${readFileSync(`/proc/sys/net/ipv4/${kind}/${device}/${name}`, "utf8").trim()}`
    )
  )

/** What an attach changes on the host, and what is in the namespace it makes. */
const changesOf = Effect.fnUntraced(function* (make: typeof native, subject: "slot" | "tap", world: World) {
  const [namespaces, there] = [readdirSync("/run/netns"), devices()]
  const before = yield* HostSnapshot.take()
  const attempt = yield* Effect.promise(() => make({ subject, world, bridge: undefined }).prepare(1))
  yield* Effect.promise(() => attempt.attach())
  const host = HostSnapshot.diff(before, yield* HostSnapshot.take()).filter((line) => !isBySelf(line))
  const inside = insideOf(namespaces)
  const parameters = devices()
    .filter((one) => !there.includes(one))
    .flatMap(parametersOf)
  yield* Effect.promise(() => attempt.detach())
  yield* Effect.promise(async () => attempt.finish?.())
  yield* Effect.promise(() => untilLinks(there.length))
  return {
    parameters,
    host: host.map(anonymous).toSorted(),
    inside: anonymous(withoutCarrier(inside))
      .split("\n")
      .map((line) => line.trimEnd())
  }
})

it.live("what the bare calls make is what vmnet makes", () =>
  Effect.gen(function* () {
    yield* PrivateHost.make()
    const world = yield* Effect.promise(makeWorld)
    for (const subject of ["slot", "tap"] as const) {
      yield* Effect.promise(() => world.up("native", { vm: `anchor-${subject}`, network: networkOf[subject] }))
      const [ours, bare] = [yield* changesOf(native, subject, world), yield* changesOf(floor, subject, world)]
      assert.isAbove(ours.host.length, 4)
      assert.deepStrictEqual(bare.host, ours.host)
      assert.deepStrictEqual(bare.parameters, ours.parameters)
      assert.deepStrictEqual(bare.inside, ours.inside)
    }
  }).pipe(Effect.scoped)
)
