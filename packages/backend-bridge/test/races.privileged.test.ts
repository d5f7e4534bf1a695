import { assert, it } from "@effect/vitest"
import { formatOwner, Ledger, type Lease } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { leaseRows } from "@vmnet/testkit/conformance"
import { Duration, Effect } from "effect"
import { linksAt, runOk } from "./support/kernel.ts"
import { install } from "./support/memoryHost.ts"
import { emptyNetns, leavesNoTrace, onPrivateHost } from "./support/realHost.ts"
import { type Command, type VmOutcome, type Worker, workers } from "./support/workers.ts"

const processes = 16
const each = 20
/** Milliseconds for a whole storm: the kernel takes its time to delete 320 links one after the other. */
const patience = 180_000
const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

const webConfig = (prefix: number) => `networks: { web: { backend: bridge, subnet: 10.60.0.0/${prefix} } }`

/** The VMs of a process; no name is another's. */
const vmsOf = (process: number) => numbers(each).map((index) => `vm-${process}-${index}`)

/** All processes at the same moment, each with its own VMs. */
const storm = (all: ReadonlyArray<Worker>, command: Omit<Command, "vms">) =>
  Effect.map(
    Effect.forEach(all, (worker, index) => worker.run({ ...command, vms: vmsOf(index) }), { concurrency: "unbounded" }),
    (outcomes) => outcomes.flat()
  )

const upOn = (prefix: number) => ({ verb: "up", flags: { network: "web" }, config: webConfig(prefix) }) as const

const leases = Effect.flatMap(Ledger, (ledger) =>
  ledger.rehearse("look at the leases", (tx) =>
    tx.all<{ lease: string }>("SELECT lease FROM leases").map((row): Lease => JSON.parse(row.lease))
  )
)

const countOf = (values: ReadonlyArray<unknown>): number => new Set(values).size

const failuresOf = (outcomes: ReadonlyArray<VmOutcome>) => outcomes.filter(({ code }) => code !== undefined)

/** Every TAP of these VMs hangs on the bridge, up, with the tag that says whose it is. */
const assertTaps = Effect.fn("assertTaps")(function* (all: ReadonlyArray<Lease>) {
  const links = new Map((yield* linksAt("host")).map((link) => [link.link, link]))
  const seen = all.map(({ device }) => {
    const found = links.get(device)
    return [device, found?.type, found?.up, found?.master, found?.alias]
  })
  const wanted = all.map(({ vm, device, generation, network }) => {
    const alias = formatOwner({ install, subject: vm, generation })
    return [device, "tun", true, network.device, alias]
  })
  assert.deepStrictEqual(seen, wanted)
})

it.live(
  "16 processes attach 20 VMs each at once: all are up, nothing is given twice, and all go at once",
  () =>
    onPrivateHost(
      leavesNoTrace(
        Effect.gen(function* () {
          const all = yield* workers(processes)
          const empty = yield* leaseRows
          const ups = yield* storm(all, upOn(22))
          assert.deepStrictEqual(failuresOf(ups), [])
          const total = processes * each
          const live = yield* leases
          assert.strictEqual(live.length, total)
          assert.strictEqual(countOf(ups.map(({ attachment }) => attachment?.guest.address)), total)
          assert.strictEqual(countOf(ups.map(({ attachment }) => attachment?.guest.mac)), total)
          assert.strictEqual(countOf(ups.map(({ attachment }) => attachment?.device.name)), total)
          assert.strictEqual(countOf(live.map(({ mark }) => mark)), total)
          yield* assertTaps(live)
          const downs = yield* storm(all, { verb: "down" })
          assert.deepStrictEqual(
            downs.filter(({ outcome }) => outcome !== "removed"),
            []
          )
          assert.deepStrictEqual(yield* leaseRows, empty)
        })
      )
    ),
  patience
)

it.live(
  "of 320 VMs at once a /28 takes 13; the others fail as exhausted and leave nothing",
  () =>
    onPrivateHost(
      leavesNoTrace(
        Effect.gen(function* () {
          const all = yield* workers(processes)
          const empty = yield* leaseRows
          const ups = yield* storm(all, upOn(28))
          const failures = failuresOf(ups)
          assert.deepStrictEqual(
            [...new Set(failures.map(({ code, exitCode }) => `${code} ${exitCode}`))],
            ["ADDRESS_EXHAUSTED 5"]
          )
          assert.strictEqual(failures.length, processes * each - 13)
          yield* onlyTheseAreLeft(ups.flatMap(({ vm, code }) => (code === undefined ? [vm] : [])))
          assert.deepStrictEqual(failuresOf(yield* storm(all, { verb: "down" })), [])
          assert.deepStrictEqual(yield* leaseRows, empty)
        })
      )
    ),
  patience
)

/** No row of the ledger and no link is any other VM's. */
const onlyTheseAreLeft = Effect.fn("onlyTheseAreLeft")(function* (vms: ReadonlyArray<string>) {
  const rows = yield* leaseRows
  const names = [...vms].toSorted()
  const of = (held: ReadonlyArray<unknown>, key: "vm" | "subject") =>
    [...new Set(held.map((row) => (row as Record<string, string>)[key]!))]
      .filter((vm) => !vm.startsWith("@"))
      .toSorted()
  for (const held of [rows.leases, rows.addresses, rows.identifiers, rows.holds]) {
    assert.deepStrictEqual(of(held, "vm"), names)
  }
  assert.deepStrictEqual(of(rows.resources, "subject"), names)
  yield* assertTaps(yield* leases)
  const ports = (yield* linksAt("host")).filter(({ link }) => link.startsWith("vmt"))
  assert.strictEqual(ports.length, names.length)
})

/** Whether the set has the device. A question that another's transaction interrupted had no answer, and is asked again. */
const hasElement = Effect.fn("hasElement")(function* (set: string, device: string) {
  const host = yield* PrivateHost
  const ask = host.run("host", ["nft", "get", "element", "inet", `vmnet_${install}`, set, `{ "${device}" }`])
  const answered = Effect.repeat(ask, { times: 50, while: ({ stderr }) => stderr.includes("Interrupted system call") })
  const { exitCode, stderr } = yield* answered
  assert.strictEqual(exitCode, 0, stderr)
})

/** What a live VM needs of its network is in the kernel: asked of the kernel, by key, for dumps get interrupted. */
const networkIsThere = Effect.fn("networkIsThere")(function* () {
  const bridge = (yield* leases)[0]!.network.device
  const [link] = JSON.parse(yield* runOk("host", ["ip", "-json", "address", "show", "dev", bridge]))
  assert.deepStrictEqual(
    link.addr_info
      .filter(({ family }: { family: string }) => family === "inet")
      .map((one: { local: string }) => one.local),
    ["10.60.0.1"]
  )
  for (const set of ["segments", "masqueraded"]) {
    yield* hasElement(set, bridge)
  }
  assert.strictEqual(yield* runOk("host", ["cat", "/proc/sys/net/ipv4/ip_forward"]), "1\n")
})

const rounds = 6

it.live("six processes go up and down on one network: no VM is ever live without it, and nothing stays", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const netns = yield* emptyNetns("looped")
        const all = yield* workers(6)
        const round = Effect.fnUntraced(function* (worker: Worker, index: number) {
          const vms = [`loop-${index}`]
          const inNetns = index === 0 ? { netns } : {}
          const flags = { network: "web", ...inNetns }
          const ups = yield* worker.run({ verb: "up", vms, flags, config: webConfig(24) })
          assert.deepStrictEqual(failuresOf(ups), [])
          yield* networkIsThere()
          if (index === 0) {
            const { seen } = yield* host.http(netns, "http://203.0.113.10/")
            assert.deepStrictEqual([seen?.page, seen?.clientAddress], ["internet", "192.0.2.10"])
          }
          const downs = yield* worker.run({ verb: "down", vms })
          assert.deepStrictEqual(downs, [{ vm: vms[0]!, outcome: "removed" }])
        })
        yield* Effect.forEach(all, (worker, index) => Effect.repeat(round(worker, index), { times: rounds - 1 }), {
          concurrency: "unbounded",
          discard: true
        })
      })
    )
  )
)

const handovers = 40

it.live(
  "the last VM goes while the next one comes, at every moment of its going: the next one has its network",
  () =>
    onPrivateHost(
      leavesNoTrace(
        Effect.gen(function* () {
          const pair = yield* workers(2)
          const up = (vm: number) =>
            pair[vm]!.run({ ...upOn(24), vms: [`vm-${vm}`] }).pipe(
              Effect.map((ups) => assert.deepStrictEqual(failuresOf(ups), []))
            )
          const down = (vm: number) => Effect.timed(pair[vm]!.run({ verb: "down", vms: [`vm-${vm}`] }))
          yield* up(1)
          let going = 100
          for (const round of numbers(handovers)) {
            const next = up(round % 2).pipe(Effect.delay((going * round) / handovers))
            const [[took]] = yield* Effect.all([down((round + 1) % 2), next], { concurrency: "unbounded" })
            going = Duration.toMillis(took)
            yield* networkIsThere()
          }
          yield* down((handovers + 1) % 2)
        })
      )
    ),
  patience
)

/** Two processes attach one VM at the same moment, and it goes again. */
const twice = Effect.fn("twice")(function* (pair: ReadonlyArray<Worker>, requests: ReadonlyArray<Command>) {
  const outcomes = yield* Effect.forEach(pair, (worker, index) => worker.run(requests[index]!), {
    concurrency: "unbounded"
  })
  assert.deepStrictEqual(yield* pair[0]!.run({ verb: "down", vms: ["vm1"] }), [{ vm: "vm1", outcome: "removed" }])
  return outcomes.flat()
})

it.live("two processes attach the same VM at once: one makes it, and the other gets its answer or the conflict", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const pair = yield* workers(2)
        const command: Command = { ...upOn(24), vms: ["vm1"] }
        const other: Command = { ...command, flags: { network: "web", ip: "10.60.0.77" } }
        for (const _ of numbers(5)) {
          const same = yield* twice(pair, [command, command])
          assert.deepStrictEqual(same.map(({ existing }) => existing).toSorted(), [false, true])
          assert.deepStrictEqual(same[0]!.attachment, same[1]!.attachment)
          const different = yield* twice(pair, [command, other])
          assert.deepStrictEqual(
            different.flatMap(({ existing }) => existing ?? []),
            [false]
          )
          assert.deepStrictEqual(
            different.flatMap(({ code }) => code ?? []),
            ["VM_CONFLICT"]
          )
        }
      })
    )
  )
)
