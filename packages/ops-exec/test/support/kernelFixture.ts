import type { Netns } from "@vmnet/core"
import { KernelFixture, type PlantedNatEntry } from "@vmnet/testkit/conformance"
import { Effect, Layer, type Scope } from "effect"
import { lstatSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import { netnsOf, start, startTimeOf, until } from "./processes.ts"
import { inside, ip, nftJson } from "./programs.ts"

let count = 0

/** `ip netns add`; the name lives in the private `/run` of the test's own mount namespace. */
export const namedNetns: Effect.Effect<Extract<Netns, { _tag: "Path" }>, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const name = `conformance-${process.pid}-${++count}`
    ip("netns", "add", name)
    return { _tag: "Path", path: `/run/netns/${name}` } as const
  }),
  ({ path }) => Effect.sync(() => ip("netns", "delete", path.slice("/run/netns/".length)))
)

const fileOf = (name: string): string => `/run/netns/${name}`

const clear = (name: string): void => {
  const stats = lstatSync(fileOf(name), { throwIfNoEntry: false })
  if (stats?.isSymbolicLink() === true) unlinkSync(fileOf(name))
  else if (stats !== undefined) ip("netns", "delete", name)
}

const freeName: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => `conformance-${process.pid}-${++count}`),
  (name) => Effect.sync(() => clear(name))
)

const plantNetns = (name: string, what: "netns" | "file" | { readonly symlink: string }): void => {
  mkdirSync("/run/netns", { recursive: true })
  if (what === "netns") ip("netns", "add", name)
  else if (what === "file") writeFileSync(fileOf(name), "", { flag: "wx", mode: 0 })
  else symlinkSync(fileOf(what.symlink), fileOf(name))
}

const pathOf = (netns: Netns): string => {
  if (netns._tag === "Path") return netns.path
  return netns._tag === "Process" ? `/proc/${netns.pid}/ns/net` : "/proc/self/ns/net"
}

const processIn = Effect.fnUntraced(function* (netns: Netns) {
  const { end, pid } = yield* start("nsenter", `--net=${pathOf(netns)}`, "--", "sleep", "600")
  yield* until("the process has entered its namespace", () => netnsOf(pid) !== netnsOf("self"))
  return { netns: { _tag: "Process", pid, startTime: startTimeOf(pid) } as const, end }
})

/** Opens the TAP inside (`TUNSETIFF`, 0x400454ca, linux/if_tun.h), and goes on outside as a program that inherits it. */
const openAndLeave =
  '$^F = 255; my $ifr = pack("a16 S x22", $ARGV[0], 0x1002); open(my $tun, "+<", "/dev/net/tun") or die; ' +
  'ioctl($tun, 0x400454ca, $ifr) or die $!; exec "nsenter", "--net=$ARGV[1]", "--", "sleep", "600"'

const openTap = Effect.fnUntraced(function* (netns: Netns, link: string) {
  const home = `/proc/${process.pid}/ns/net`
  const { end, pid } = yield* start("nsenter", `--net=${pathOf(netns)}`, "--", "perl", "-e", openAndLeave, link, home)
  yield* until("the TAP is open", () => readFileSync(`/proc/${pid}/comm`, "utf8") === "sleep\n")
  return { end }
})

const numbers = { tcp: 6, udp: 17 } as const

/** Parts as nft reads them in JSON: protocols, ports and marks are numbers. */
const part = (text: string): string | number => {
  if (text === "tcp" || text === "udp") return numbers[text]
  return /^\d+$/.test(text) ? Number(text) : text
}

const expression = (texts: ReadonlyArray<string>): unknown =>
  texts.length === 1 ? part(texts[0] ?? "") : { concat: texts.map(part) }

const inSet = (install: string, set: string, element: unknown) => ({
  element: { family: "inet", table: `vmnet_${install}`, name: set, elem: [element] }
})

const keyed = (install: string, { key, set }: PlantedNatEntry) => inSet(install, set, expression(key))

const whole = (install: string, { comment, key, set, value }: PlantedNatEntry) => {
  const val = expression(key)
  const element = comment === undefined ? val : { elem: { val, comment } }
  return inSet(install, set, value === undefined ? element : [element, expression(value)])
}

/** The hands of the suites on a real kernel: `ip` and `nft`, never the code under test. */
export const kernelFixture = (install: string): Layer.Layer<KernelFixture> =>
  Layer.succeed(KernelFixture, {
    netns: namedNetns,
    netnsName: freeName,
    plantNetns: (name, what) => Effect.sync(() => plantNetns(name, what)),
    process: processIn,
    openTap,
    plantLink: (netns, { alias, link }) =>
      Effect.sync(() => {
        inside(pathOf(netns), "ip", "link", "add", "name", link, "type", "bridge")
        if (alias !== undefined) inside(pathOf(netns), "ip", "link", "set", "dev", link, "alias", alias)
      }),
    plantNatEntry: (netns, entry) => Effect.sync(() => nftJson(pathOf(netns), { create: whole(install, entry) })),
    deleteNatEntry: (netns, entry) => Effect.sync(() => nftJson(pathOf(netns), { delete: keyed(install, entry) })),
    damageLayout: (netns) =>
      Effect.sync(() => inside(pathOf(netns), "nft", "flush", "chain", "inet", `vmnet_${install}`, "forward"))
  })
