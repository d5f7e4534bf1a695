import { assert, layer } from "@effect/vitest"
import type { NatChange, NatElement, Netns } from "@vmnet/core"
import { renderText, commandsOf } from "@vmnet/ops-common"
import { CommandsExeca } from "@vmnet/ops-exec"
import { NatOpsNetfilter } from "@vmnet/ops-native"
import { natFixtures } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { readlinkSync } from "node:fs"
import { setImmediate } from "node:timers/promises"
import { namedNetns } from "../../../ops-exec/test/support/kernelFixture.ts"
import { netnsOf, start, startTimeOf, until } from "../../../ops-exec/test/support/processes.ts"
import { layoutDamages } from "../../../ops-exec/test/support/layoutDamages.ts"
import { inside } from "../../../ops-exec/test/support/programs.ts"

const { add, applyIn, findIn, install, owner, remove, snapshotOf } = natFixtures
const layout = natFixtures.addLayout
const segment = natFixtures.segment()
const guest = (mark: number) => natFixtures.guest({ mark, egress: "listed" })
const egress = (last: number) => natFixtures.egress("203.0.113.0/24", [443, last])

/** `nft -i`: a process of its own that commits one transaction for each line, as fast as it can. */
const commitElsewhere = (path: string, transactions: ReadonlyArray<string>) => {
  const child = spawn("nsenter", [`--net=${path}`, "--", "nft", "-i"], { stdio: ["pipe", "ignore", "ignore"] })
  // It is ended when enough was seen, whatever it has not read by then.
  child.stdin.on("error", () => undefined)
  child.stdin.end(`${transactions.join("\n")}\nquit\n`)
  return child
}

const oneLine = (changes: ReadonlyArray<NatChange>): string =>
  renderText(install, commandsOf(changes)).text.trimEnd().replaceAll("\n", "; ")

layer(NatOpsNetfilter.layer({ install }).pipe(Layer.provide(CommandsExeca.layer)), { excludeTestServices: true })(
  "the firewall in this process",
  (it) => {
    it.effect("is as it was loaded, whatever elements come and go", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        yield* applyIn(netns, layout, add(segment), add(guest(1)))
        yield* applyIn(netns, remove(guest(1)))
        assert.strictEqual((yield* snapshotOf(netns)).layout, "present")
      })
    )

    for (const [what, command] of layoutDamages) {
      it.effect(`is altered when ${what}`, () =>
        Effect.gen(function* () {
          const netns = yield* namedNetns
          yield* applyIn(netns, layout, add(segment))
          inside(netns.path, "nft", ...command)
          assert.strictEqual((yield* snapshotOf(netns)).layout, "altered")
          yield* applyIn(netns, { _tag: "RestoreElement", element: segment, owner })
        })
      )
    }

    it.effect("never shows half of a transaction that others commit meanwhile", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        const crowd = Array.from({ length: 100 }, (_, i): NatElement => ({ _tag: "Port", device: `vmt${i}` }))
        yield* applyIn(netns, layout, add(guest(1)), add(egress(443)), ...crowd.map((element) => add(element)))
        const there = [remove(guest(1)), remove(egress(443)), add(guest(2)), add(egress(444))]
        const back = [remove(guest(2)), remove(egress(444)), add(guest(1)), add(egress(443))]
        const transactions = Array.from({ length: 2_000 }, () => [there, back].map(oneLine)).flat()
        const writer = commitElsewhere(netns.path, transactions)
        yield* Effect.addFinalizer(() => Effect.sync(() => writer.kill()))
        const seen = { first: 0, second: 0 }
        while (writer.exitCode === null && Math.min(seen.first, seen.second) < 30) {
          const found = yield* findIn(netns, guest(1), ...crowd, egress(443), guest(2), egress(444))
          const [first, ...rest] = [found[0], ...found.slice(1, 101), ...found.slice(101)].map((one) => one?._tag)
          const ends = [first, ...rest.slice(100)].join()
          assert.include(["Present,Present,Different,Absent", "Different,Absent,Present,Present"], ends)
          assert.isTrue(rest.slice(0, 100).every((tag) => tag === "Present"))
          if (first === "Present") seen.first++
          else seen.second++
          yield* Effect.promise(() => setImmediate())
        }
        assert.isNull(writer.exitCode, "the writer was seen at work, both ways")
      })
    )

    it.effect("asks for entries without counting as a change", () =>
      Effect.gen(function* () {
        const netns = yield* namedNetns
        yield* applyIn(netns, layout, add(segment))
        const watcher = spawn("nsenter", [`--net=${netns.path}`, "--", "nft", "monitor"], {
          stdio: ["ignore", "pipe", "ignore"]
        })
        yield* Effect.addFinalizer(() => Effect.sync(() => watcher.kill()))
        let heard = ""
        watcher.stdout.setEncoding("utf8").on("data", (text: string) => (heard += text))
        yield* until("the watcher listens", () => {
          inside(netns.path, "nft", "add", "table", "inet", "before")
          inside(netns.path, "nft", "delete", "table", "inet", "before")
          return heard.includes("before")
        })
        for (let i = 0; i < 10; i++) yield* findIn(netns, segment, guest(1))
        inside(netns.path, "nft", "add", "table", "inet", "after")
        yield* until("the watcher has heard the end", () => heard.includes("after"))
        const lines = heard.slice(heard.lastIndexOf("before")).split("\n").slice(1)
        assert.deepStrictEqual(
          lines.filter((line) => line !== "" && !line.startsWith("# new generation")),
          ["add table inet after"]
        )
      })
    )

    it.effect("reaches a namespace that belongs to a user namespace of its own", () =>
      Effect.gen(function* () {
        const { pid } = yield* start("unshare", "--user", "--map-root-user", "--net", "--", "sleep", "600")
        yield* until("the process has its namespace", () => netnsOf(pid) !== netnsOf("self"))
        const netns: Netns = { _tag: "Process", pid, startTime: startTimeOf(pid), user: true }
        yield* applyIn(netns, layout, add(segment))
        assert.deepStrictEqual(yield* findIn(netns, segment), [{ _tag: "Present", owner }])
        assert.strictEqual((yield* snapshotOf(netns)).layout, "present")
      })
    )

    it.effect("leaves the thread where it was, whatever it did", () =>
      Effect.gen(function* () {
        const own = readlinkSync("/proc/thread-self/ns/net")
        const netns = yield* namedNetns
        yield* applyIn(netns, layout, add(segment))
        yield* Effect.flip(applyIn(netns, add(segment)))
        yield* Effect.flip(applyIn({ _tag: "Path", path: "/proc/self/ns/uts" }, layout))
        yield* snapshotOf(netns)
        assert.strictEqual(readlinkSync("/proc/thread-self/ns/net"), own)
      })
    )
  }
)
