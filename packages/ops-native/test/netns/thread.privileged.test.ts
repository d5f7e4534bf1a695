import { assert, it, layer } from "@effect/vitest"
import { hostNetns, type LinkChange, LinkOps, type Netns, SysctlOps } from "@vmnet/core"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { closeSync, openSync, readdirSync, readlinkSync, writeFileSync } from "node:fs"
import { inNetns, inNewNetns } from "#src/netns/inNetns.ts"
import { namedNetns } from "../../../ops-exec/test/support/kernelFixture.ts"
import { start, startTimeOf } from "../../../ops-exec/test/support/processes.ts"
import { run } from "../../../ops-exec/test/support/programs.ts"
import { inProcess } from "../layers.ts"

/** Where this very thread is. */
const here = (): string => readlinkSync("/proc/thread-self/ns/net")

const descriptors = (): number => readdirSync("/proc/self/fd").length

const opened = <A>(path: string, use: (fd: number) => A): A => {
  const fd = openSync(path, "r")
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

const failing = (): never => {
  throw new Error("as it happens")
}

it("a thread is where it is told while it works, and back when it is done or has failed", () => {
  run("ip", ["netns", "add", "thread"])
  const [before, count] = [here(), descriptors()]
  const inside = opened("/run/netns/thread", (fd) => inNetns(fd, here))
  assert.notStrictEqual(inside, before)
  assert.strictEqual(here(), before)
  const fresh = inNewNetns(here)
  assert.notInclude([before, inside], fresh)
  assert.throws(() => opened("/run/netns/thread", (fd) => inNetns(fd, failing)), "as it happens")
  assert.throws(() => inNewNetns(failing), "as it happens")
  assert.strictEqual(here(), before)
  // One inside the other, and both fail.
  assert.throws(() => opened("/run/netns/thread", (fd) => inNetns(fd, () => inNewNetns(failing))), "as it happens")
  assert.strictEqual(here(), before)
  assert.strictEqual(descriptors(), count)
  run("ip", ["netns", "delete", "thread"])
})

it("a thread that cannot get where it is told stays where it is, and does nothing", () => {
  const before = here()
  const never = (): never => assert.fail("this must not run")
  for (const path of ["/proc/self/ns/mnt", "/proc/self/ns/user", "/dev/null"]) {
    assert.throws(() => opened(path, (fd) => inNetns(fd, never)), /setns$/)
  }
  assert.throws(() => inNetns(-1, never), /EBADF.*setns$/)
  assert.strictEqual(here(), before)
})

/** Runs alone, by somebody who may not leave, or might but not come back. */
const barred = (path: string): string => `
  import { openSync, writeSync } from "node:fs"
  const { inNetns, inNewNetns } = await import(${JSON.stringify(path)})
  const fd = openSync(process.argv[2], "r")
  if (process.argv[3] === "nobody") process.setuid(65534)
  for (const leave of [(work) => inNetns(fd, work), inNewNetns]) {
    try {
      leave(() => writeSync(1, "away\\n"))
    } catch (cause) {
      writeSync(1, cause.code + "\\n")
    }
  }
`

it("who may not come back does not go, and lives on", () => {
  run("ip", ["netns", "add", "barred"])
  const module = new URL("../../src/netns/inNetns.ts", import.meta.url).pathname
  writeFileSync("/run/barred.mts", barred(module))
  const rootOfItsOwn = ["unshare", "--user", "--map-root-user", "--"]
  for (const [before, who] of [[[], "nobody"] as const, [rootOfItsOwn, "root"] as const]) {
    const [program = "", ...args] = [...before, process.execPath, "/run/barred.mts", "/run/netns/barred", who]
    const { status, stderr, stdout } = spawnSync(program, args, { encoding: "utf8" })
    assert.deepStrictEqual([stdout, stderr, status], ["EPERM\nEPERM\n", "", 0], who)
  }
  run("ip", ["netns", "delete", "barred"])
})

/**
 * Runs alone: takes the way back away by closing the file of its own namespace, the highest descriptor there is. A process that lived on
 * would write its second line.
 */
const strayed = (path: string): string => `
  import { closeSync, openSync, readdirSync, writeSync } from "node:fs"
  const { inNetns } = await import(${JSON.stringify(path)})
  const fd = openSync(process.argv[2], "r")
  writeSync(1, "begun\\n")
  const own = fd + 1
  try {
    inNetns(fd, () => closeSync(own))
  } catch (cause) {
    writeSync(1, "caught " + cause + "\\n")
  }
  writeSync(1, "went on\\n")
`

it("a process whose thread cannot come back ends at once, and nothing in it goes on", () => {
  run("ip", ["netns", "add", "strayed"])
  const module = new URL("../../src/netns/inNetns.ts", import.meta.url).pathname
  writeFileSync("/run/strayed.mts", strayed(module))
  const { signal, stderr, stdout } = spawnSync(process.execPath, ["/run/strayed.mts", "/run/netns/strayed"], {
    encoding: "utf8"
  })
  assert.strictEqual(stdout, "begun\n")
  assert.include(stderr, "cannot return to its own network namespace")
  assert.strictEqual(signal, "SIGABRT")
  run("ip", ["netns", "delete", "strayed"])
})

layer(inProcess, { excludeTestServices: true })("work in other namespaces", (it) => {
  const impossible: ReadonlyArray<LinkChange> = [
    { _tag: "AddTap", link: "vmt1", mtu: 65_535 },
    { _tag: "DeleteLink", link: "lo" },
    { _tag: "SetUp", link: "vmx1" },
    { _tag: "AddRoute", link: "lo", destination: "10.0.0.0/8", via: "192.0.2.1" },
    { _tag: "AddVeth", link: "vmv1", mtu: 1500, peer: { link: "lo", netns: hostNetns, mac: "02:00:00:00:00:01" } },
    { _tag: "AddNetns", name: "thread-taken", alias: "x" },
    { _tag: "DeleteNetns", name: "thread-absent" }
  ]

  it.effect("leaves this thread and its descriptors as they were, when every call in it fails", () =>
    Effect.gen(function* () {
      const [links, sysctls] = [yield* LinkOps, yield* SysctlOps]
      const netns = yield* namedNetns
      yield* links.apply(hostNetns, [{ _tag: "AddNetns", name: "thread-taken", alias: "x" }])
      const recycled: Netns = { _tag: "Process", pid: process.pid, startTime: "1" }
      yield* Effect.flip(links.apply(netns, [impossible[0]!]))
      const [before, count] = [here(), descriptors()]
      for (const place of [netns, hostNetns, recycled, { _tag: "Path", path: "/proc/self/ns/mnt" } as const]) {
        for (const change of impossible) yield* Effect.flip(links.apply(place, [change]))
        yield* Effect.flip(sysctls.write(place, ["net", "ipv4", "ip_forward"], "no number"))
        yield* Effect.flip(links.configuredOn(place, ["a b"]))
      }
      assert.strictEqual(here(), before)
      assert.strictEqual(descriptors(), count)
      yield* links.apply(hostNetns, [{ _tag: "DeleteNetns", name: "thread-taken" }])
    })
  )

  it.effect("of a process with a user namespace of its own is done by programs", () =>
    Effect.gen(function* () {
      const links = yield* LinkOps
      const { pid } = yield* start("unshare", "--user", "--map-root-user", "--net", "--", "sleep", "600")
      const before = here()
      const netns: Netns = { _tag: "Process", pid, startTime: startTimeOf(pid), user: true }
      for (let attempt = 0; readlinkSync(`/proc/${pid}/ns/net`) === before; attempt++) {
        assert.isBelow(attempt, 500, "it makes its namespaces within five seconds")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
      }
      yield* links.apply(netns, [{ _tag: "AddBridge", link: "vmb1", mac: "02:00:00:00:0b:01", mtu: 1500 }])
      const [found] = yield* links.find(netns, ["vmb1"])
      assert.strictEqual(found?.type, "bridge")
      assert.strictEqual((yield* links.configuredOn(netns, ["vmb1"]))[0]?.link?.index, found?.index)
      assert.strictEqual((yield* links.snapshot(netns)).links.length, 2)
      assert.strictEqual(yield* (yield* SysctlOps).read(netns, ["net", "ipv4", "ip_forward"]), "0")
      assert.strictEqual(here(), before)
    })
  )
})
