import { assert, layer } from "@effect/vitest"
import { hostNetns, type LinkChange, LinkOps, type Netns } from "@vmnet/core"
import { Effect, type Layer } from "effect"
import { readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { namedNetns } from "../support/kernelFixture.ts"
import { netnsOf, start, startTimeOf, until } from "../support/processes.ts"
import { inside, ip, run } from "../support/programs.ts"

const bridge = (link: string): LinkChange => ({ _tag: "AddBridge", link, mac: "02:00:00:00:0b:01", mtu: 1500 })
const up = (link: string): LinkChange => ({ _tag: "SetUp", link })
const neighbour: LinkChange = { _tag: "AddNeighbour", link: "vmb1", address: "10.0.42.2", mac: "02:00:00:00:0c:01" }

const applyIn = (netns: Netns, ...changes: ReadonlyArray<LinkChange>) =>
  LinkOps.use((links) => links.apply(netns, changes))

const details = (netns: string, link: string) =>
  JSON.parse(inside(netns, "ip", "-j", "-d", "link", "show", "dev", link))[0]

/** What links are like on a real kernel beyond what all kernels agree on, seen by `ip` itself. */
export const linkScenarios = <E>(name: string, over: () => Layer.Layer<LinkOps, E>): void =>
  layer(over(), { excludeTestServices: true })(name, (it) => {
    it.effect("ask for no routers, come up without an IPv6 address, and are isolated as told", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        const port = (link: string, isolated: boolean): ReadonlyArray<LinkChange> => [
          { _tag: "AddTap", link, mtu: 1400, uid: 1000, gid: 1001 },
          { _tag: "SetMaster", link, master: "vmb1", isolated },
          up(link)
        ]
        yield* applyIn(netns, bridge("vmb1"), up("vmb1"), ...port("vmt1", true), ...port("vmt2", false))
        for (const link of ["vmb1", "vmt1", "vmt2"]) {
          assert.strictEqual(details(netns.path, link).inet6_addr_gen_mode, "none", link)
          assert.notInclude(inside(netns.path, "ip", "address", "show", "dev", link), "inet6")
        }
        const isolated = (link: string): unknown => details(netns.path, link).linkinfo.info_slave_data.isolated
        assert.deepStrictEqual([isolated("vmt1"), isolated("vmt2")], [true, false])
        const { type, persist, multi_queue, user, group } = details(netns.path, "vmt1").linkinfo.info_data
        assert.deepStrictEqual([type, persist, multi_queue], ["tap", true, false])
        assert.isDefined(user)
        assert.isDefined(group)
        yield* applyIn(netns, { _tag: "SetMaster", link: "vmt1", master: "vmb1", isolated: false })
        assert.isFalse(isolated("vmt1"), "told again, it is what it is told")
      })
    )

    it.effect("a TAP that is already there is never attached to, even when nobody holds it", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        inside(netns.path, "ip", "tuntap", "add", "dev", "vmt1", "mode", "tap", "user", "1000")
        const tap: LinkChange = { _tag: "AddTap", link: "vmt1", mtu: 1300, uid: 1000 }
        const error = yield* Effect.flip(applyIn(netns, tap))
        assert.deepInclude({ ...error }, { reason: "Exists", index: 0 })
        assert.strictEqual(details(netns.path, "vmt1").mtu, 1500)
      })
    )

    it.effect("an entry the kernel learned, or failed to learn, makes way for a permanent neighbour", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        const address: LinkChange = { _tag: "AddAddress", link: "vmb1", address: "10.0.42.1/24" }
        yield* applyIn(netns, bridge("vmb1"), up("vmb1"), address)
        inside(netns.path, "ip", "neighbour", "add", "10.0.42.2", "dev", "vmb1", "nud", "failed")
        inside(
          netns.path,
          "ip",
          "neighbour",
          "add",
          "10.0.42.3",
          "lladdr",
          "02:00:00:00:0d:01",
          "dev",
          "vmb1",
          "nud",
          "stale"
        )
        const second: LinkChange = { ...neighbour, address: "10.0.42.3" } as LinkChange
        yield* applyIn(netns, bridge("vmb2"), neighbour, bridge("vmb3"), second, up("vmb3"))
        const { links, neighbours } = yield* LinkOps.use((ops) => ops.snapshot(netns))
        assert.deepStrictEqual(neighbours.map(({ address, mac }) => [address, mac]).sort(), [
          ["10.0.42.2", "02:00:00:00:0c:01"],
          ["10.0.42.3", "02:00:00:00:0c:01"]
        ])
        assert.isTrue(links.find(({ link }) => link === "vmb3")?.up, "changes after it are applied, once")
        const again = yield* Effect.flip(applyIn(netns, neighbour))
        assert.strictEqual(again.reason, "Exists", "a permanent one does not make way")
      })
    )

    it.effect("a name that is an index to ip is neither found nor changed", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        yield* applyIn(netns, bridge("vmb1"))
        const { ifindex } = details(netns.path, "vmb1")
        const alias = `if${ifindex}`
        assert.include(
          inside(netns.path, "ip", "-j", "address", "show", "dev", alias),
          "vmb1",
          "ip itself takes it for vmb1"
        )
        assert.deepStrictEqual(yield* LinkOps.use((ops) => ops.find(netns, [alias])), [null])
        const error = yield* Effect.flip(applyIn(netns, { _tag: "DeleteLink", link: alias }))
        assert.strictEqual(error.reason, "Invalid")
        assert.strictEqual(details(netns.path, "vmb1").ifindex, ifindex)
      })
    )

    it.effect("an alternative name is taken, and found under its link", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        yield* applyIn(netns, bridge("vmb1"))
        inside(netns.path, "ip", "link", "property", "add", "dev", "vmb1", "altname", "other")
        const [found] = yield* LinkOps.use((ops) => ops.find(netns, ["other"]))
        assert.strictEqual(found?.link, "vmb1")
        assert.strictEqual((yield* Effect.flip(applyIn(netns, bridge("other")))).reason, "Exists")
      })
    )

    it.effect(
      "a veth between the host and a process's namespace joins the two, and this process stays where it is",
      () =>
        Effect.gen(function* () {
          const before = netnsOf("self")
          const netns = yield* namedNetns
          const { pid } = yield* start("nsenter", `--net=${netns.path}`, "--", "sleep", "600")
          yield* until("the process has entered its namespace", () => netnsOf(pid) !== before)
          const process: Netns = { _tag: "Process", pid, startTime: startTimeOf(pid) }
          const peer = { link: "eth0", netns: process, mac: "02:00:00:00:0e:02" }
          yield* applyIn(hostNetns, { _tag: "AddVeth", link: "vmv1", mtu: 1500, peer })
          assert.strictEqual(details(netns.path, "eth0").address, "02:00:00:00:0e:02")
          const back = { link: "vmv2", netns: hostNetns, mac: "02:00:00:00:0e:03" }
          yield* applyIn(process, { _tag: "AddVeth", link: "eth1", mtu: 1500, peer: back })
          assert.include(ip("link", "show", "dev", "vmv2"), "02:00:00:00:0e:03")
          yield* applyIn(hostNetns, { _tag: "DeleteLink", link: "vmv1" }, { _tag: "DeleteLink", link: "vmv2" })
          assert.strictEqual(netnsOf("self"), before)
        })
    )

    it.effect("a path that is no network namespace is refused at once, and nothing stays open", () =>
      Effect.gen(function* () {
        writeFileSync("/run/leftover", "")
        run("mkfifo", ["/run/fifo"])
        symlinkSync("loop", "/run/loop")
        const open = () => readdirSync("/proc/self/fd").length
        yield* Effect.flip(applyIn({ _tag: "Path", path: "/run/leftover" }, up("lo")))
        const before = open()
        const expected = [
          ["/run/leftover", "Missing"],
          ["/run/fifo", "Missing"],
          ["/run/absent", "Missing"],
          ["/run/loop", "Failed"],
          ["/proc/self/ns/mnt", "Invalid"],
          ["relative", "Invalid"],
          ["/run/nul\0", "Invalid"]
        ] as const
        for (const [path, reason] of expected) {
          const error = yield* Effect.flip(applyIn({ _tag: "Path", path }, up("lo")))
          assert.deepInclude({ ...error }, { family: "netns", reason }, path)
        }
        assert.strictEqual(open(), before)
      })
    )

    it.effect("a listing is whole or made again while links come and go", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        yield* applyIn(netns, ...Array.from({ length: 50 }, (_, i) => bridge(`vmb${i}`)))
        const churn = Effect.forEach(Array.from({ length: 15 }), () =>
          applyIn(netns, bridge("vmx"), { _tag: "DeleteLink", link: "vmx" })
        )
        const listings = Effect.forEach(Array.from({ length: 15 }), () => LinkOps.use((ops) => ops.snapshot(netns)))
        const [, all] = yield* Effect.all([churn, listings], { concurrency: 2 })
        for (const { links } of all) {
          assert.strictEqual(links.filter(({ link }) => /^vmb\d+$/.test(link)).length, 50)
        }
      })
    )
  })
