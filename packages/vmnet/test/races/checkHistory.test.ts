import { assert, describe, it } from "@effect/vitest"
import { checkHistory } from "./checkHistory.ts"
import type { Event, History, Kill, Outcome, Step } from "./History.ts"

const sizes = { web: { addresses: 2 }, taps: { addresses: 9, pool: 1 } }

const seen = (vm: string, generation: number, address: string, publish: ReadonlyArray<number> = []) => ({
  vm,
  state: "active",
  generation,
  network: "web",
  address,
  things: [`address ${address} of web`],
  publish
})

const up = (vm: string, more: Partial<Step & { readonly _tag: "Up" }> = {}): Step => ({
  _tag: "Up",
  vm,
  network: "web",
  publish: [],
  owned: false,
  ...more
})
const down = (vm: string): Step => ({ _tag: "Down", vm })
const publish = (vm: string, port: number): Step => ({ _tag: "Publish", vm, port })
const made = (vm: string, generation: number, address: string, ports?: ReadonlyArray<number>): Outcome => ({
  word: "made",
  seen: [seen(vm, generation, address, ports)]
})
const word = (text: string, details?: Readonly<Record<string, unknown>>): Outcome => ({
  word: text,
  ...(details && { details })
})

const event = (start: number, end: number, step: Step, outcome: Outcome | null, process = "0.0"): Event => ({
  process,
  step,
  start,
  end,
  outcome
})

const complaintsOf = (events: ReadonlyArray<Event>, kills: Readonly<Record<string, Kill>> = {}) =>
  checkHistory({ events, kills: new Map(Object.entries(kills)) } satisfies History, sizes)

const isRefused = (words: string, events: ReadonlyArray<Event>, kills?: Readonly<Record<string, Kill>>) =>
  it(`${words}`, () => assert.isAbove(complaintsOf(events, kills).length, 0))

const isTaken = (words: string, events: ReadonlyArray<Event>, kills?: Readonly<Record<string, Kill>>) =>
  it(`${words}`, () => assert.deepStrictEqual(complaintsOf(events, kills), []))

const a = made("a", 1, "10.0.0.2")
const again: Outcome = { ...a, word: "existing" }

describe("histories that are taken", () => {
  isTaken("up, the same again, down, down again", [
    event(0, 1, up("a"), a),
    event(2, 3, up("a"), again),
    event(4, 5, down("a"), word("removed")),
    event(6, 7, down("a"), word("absent"))
  ])
  isTaken("an up and a down at the same time, whichever was first", [
    event(0, 5, up("a"), a),
    event(1, 4, down("a"), word("absent")),
    event(6, 7, down("a"), word("removed"))
  ])
  isTaken("somebody was killed, and it had happened", [event(0, 1, up("a"), null), event(2, 3, up("a"), again)])
  isTaken("somebody was killed, and it had not", [event(0, 1, up("a"), null), event(2, 3, down("a"), word("absent"))])
  isTaken("what somebody left is gone before it is made again, and is seen to be", [
    event(0, 1, up("a"), null),
    event(2, 3, { _tag: "Publish", vm: "a", port: 80 }, word("VM_CONFLICT")),
    event(4, 9, up("a"), made("a", 2, "10.0.0.2")),
    event(5, 6, { _tag: "List" }, { word: "listed", seen: [] })
  ])
  isTaken("somebody was killed over what came up only while he was at it", [
    event(0, 5, up("a"), a),
    event(4, 7, down("a"), null),
    event(8, 9, up("a"), made("a", 2, "10.0.0.2"))
  ])
  isTaken("gc was killed over a VM that another killed process had left, and another one took it", [
    event(0, 1, up("a"), a),
    event(2, 9, { _tag: "Gc" }, null),
    event(3, 4, down("a"), null),
    event(10, 11, { _tag: "Gc" }, { word: "collected", taken: ["a"] })
  ])
  isTaken(
    "gc takes what a killed process owned",
    [
      event(0, 1, up("a", { owned: true }), a),
      event(4, 5, { _tag: "Gc" }, { word: "collected", taken: ["a"] }),
      event(6, 7, down("a"), word("absent"))
    ],
    { "0.0": { sent: 2, reaped: 3 } }
  )
  isTaken("a port is refused while another VM has it", [
    event(0, 1, up("a", { publish: [7000] }), made("a", 1, "10.0.0.2", [7000])),
    event(2, 3, up("b"), made("b", 1, "10.0.0.3")),
    event(4, 5, publish("b", 7000), word("PORT_IN_USE", { port: 7000, holder: "a" }))
  ])
})

describe("histories that are refused: the order", () => {
  isRefused("two make the same VM", [event(0, 1, up("a"), a), event(2, 3, up("a"), made("a", 2, "10.0.0.2"))])
  isRefused("the same generation twice", [
    event(0, 1, up("a"), a),
    event(2, 3, down("a"), word("removed")),
    event(4, 5, up("a"), a)
  ])
  isRefused("a down that found nothing of what was up", [
    event(0, 1, up("a"), a),
    event(2, 3, down("a"), word("absent"))
  ])
  isRefused("two downs at once, and both removed it", [
    event(0, 1, up("a"), a),
    event(2, 5, down("a"), word("removed")),
    event(3, 4, down("a"), word("removed"))
  ])
  isRefused("somebody sees what had gone before he looked", [
    event(0, 1, up("a"), a),
    event(2, 3, down("a"), word("removed")),
    event(4, 5, { _tag: "List" }, { word: "listed", seen: [seen("a", 1, "10.0.0.2")] })
  ])
  isRefused("a look that misses a port published before it", [
    event(0, 1, up("a"), a),
    event(2, 3, publish("a", 7000), word("changed")),
    event(4, 5, { _tag: "Show", vm: "a" }, { word: "shown", seen: [seen("a", 1, "10.0.0.2")] })
  ])
  isRefused("a conflict over the same request", [event(0, 1, up("a"), a), event(2, 3, up("a"), word("VM_CONFLICT"))])
  isRefused("gc takes a VM without an owner", [
    event(0, 1, up("a"), a),
    event(2, 3, { _tag: "Gc" }, { word: "collected", taken: ["a"] })
  ])
  isRefused(
    "gc takes a VM whose owner is killed only later",
    [event(0, 1, up("a", { owned: true }), a), event(2, 3, { _tag: "Gc" }, { word: "collected", taken: ["a"] })],
    { "0.0": { sent: 4, reaped: 5 } }
  )
  isRefused("what a killed process may have done undoes nothing that came later", [
    event(0, 1, down("a"), null),
    event(2, 3, up("a"), a),
    event(4, 5, down("a"), word("absent"))
  ])
})

describe("histories that are refused: what only one can have", () => {
  isRefused("an address given twice", [event(0, 1, up("a"), a), event(2, 3, up("b"), made("b", 1, "10.0.0.2"))])
  isRefused("an address given again before the down that frees it had begun", [
    event(0, 1, up("a"), a),
    event(0, 3, up("b"), made("b", 1, "10.0.0.2")),
    event(4, 5, down("a"), word("removed"))
  ])
  isRefused("a port published by two", [
    event(0, 1, up("a", { publish: [7000] }), made("a", 1, "10.0.0.2", [7000])),
    event(2, 3, up("b"), made("b", 1, "10.0.0.3")),
    event(4, 5, publish("b", 7000), word("changed"))
  ])
})

describe("histories that are refused: refusals", () => {
  isRefused("a port that nobody has", [
    event(0, 1, up("a"), a),
    event(2, 3, publish("a", 7000), word("PORT_IN_USE", { port: 7000, holder: "b" }))
  ])
  isRefused("a port that is free again", [
    event(0, 1, up("a", { publish: [7000] }), made("a", 1, "10.0.0.2", [7000])),
    event(2, 3, down("a"), word("removed")),
    event(4, 5, up("b", { publish: [7000] }), word("PORT_IN_USE", { port: 7000, holder: "a" }))
  ])
  isRefused("an address that nobody has", [
    event(0, 1, up("a", { ip: "10.0.0.3" }), word("ADDRESS_IN_USE", { address: "10.0.0.3", holder: "b" }))
  ])
  isRefused("a network is called full that is not", [
    event(0, 1, up("a"), a),
    event(2, 3, up("b"), word("ADDRESS_EXHAUSTED"))
  ])
  isRefused("a pool is called empty that is not", [event(0, 1, up("a", { network: "taps" }), word("POOL_EXHAUSTED"))])
  isRefused("a network is called used that is not", [
    event(0, 1, { _tag: "RemoveNetwork", network: "web" }, word("NETWORK_IN_USE"))
  ])
  isRefused("a step that failed", [event(0, 1, up("a"), word("STEP_FAILED"))])
})
