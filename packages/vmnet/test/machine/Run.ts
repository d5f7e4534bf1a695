import { type ProcessId, Vmnet } from "@vmnet/core"
import type { KernelSnapshot } from "@vmnet/testkit"
import { leaseRows } from "@vmnet/testkit/conformance"
import { Clock, Effect, References } from "effect"
import { advance } from "./advance.ts"
import { settle } from "./aftermath.ts"
import { compareKernel, compareLedger } from "./invariants.ts"
import { type LedgerView, lookAtLedger, lookAtResources } from "./ledgerView.ts"
import { Machine } from "./Machine.ts"
import { ManualClock } from "./ManualClock.ts"
import { emptyModel } from "./Model.ts"
import { type Mishap, networks, type Operation, type Verb } from "./Operation.ts"
import { perform } from "./perform.ts"
import { predict, type Surroundings } from "./predict.ts"
import { befall } from "./world.ts"

/** How often the whole kernel is compared, in operations. */
const checkpoint = 50

type Complaints = ReadonlyArray<string>

const isEmpty = (rows: object): boolean =>
  Object.values(rows).every((one) => (one as ReadonlyArray<unknown>).length === 0)

/** One machine, the model of it, and how they have agreed so far. */
export class Run {
  readonly #machine = new Machine()
  readonly #clock = new ManualClock()
  readonly #empty = JSON.stringify(this.#machine.kernel.snapshot())
  readonly #model = emptyModel()
  #count = 0
  /** Something went wrong just now: that is looked at more closely. */
  #isOdd = false
  /** The ledger as it was last seen, until somebody changes it. */
  #seen: LedgerView | undefined = undefined
  /** How often each answer was given, mishaps among them. */
  readonly tally = new Map<string, number>()

  get close(): Effect.Effect<void> {
    return this.#machine.close
  }

  /** Does one thing and says what is wrong then. */
  step(operation: Operation): Effect.Effect<Complaints> {
    return this.#happen(operation).pipe(
      Effect.flatMap((wrong) => (wrong.length > 0 ? Effect.succeed(wrong) : this.#compared)),
      Effect.provideService(Clock.Clock, this.#clock),
      Effect.provideService(References.MinimumLogLevel, "None")
    )
  }

  get #compared(): Effect.Effect<Complaints> {
    return Effect.gen({ self: this }, function* () {
      const complaints = compareLedger(this.#model, yield* this.#look)
      if ((++this.#count % checkpoint !== 0 && !this.#isOdd) || complaints.length > 0) return complaints
      this.#isOdd = false
      const services = yield* this.#machine.services
      const resources = yield* Effect.provideContext(lookAtResources, services)
      const snapshot = this.#machine.kernel.snapshot()
      return [...compareKernel(this.#model, snapshot, resources), ...this.#missingDecoys(snapshot)]
    })
  }

  /** What others have on the host is nobody's to touch. */
  #missingDecoys(snapshot: KernelSnapshot): Complaints {
    const gone = [...this.#machine.present].filter((number) => !this.#machine.decoys[number]!.isThere(snapshot))
    return gone.map((number) => `what somebody else had is gone or changed: decoy ${number}`)
  }

  get #look(): Effect.Effect<LedgerView> {
    return Effect.suspend(() => {
      if (this.#seen !== undefined) return Effect.succeed(this.#seen)
      const look = Effect.flatMap(this.#machine.services, (services) => Effect.provideContext(lookAtLedger, services))
      return Effect.tap(look, (seen) => Effect.sync(() => void (this.#seen = seen)))
    })
  }

  #happen(operation: Operation): Effect.Effect<Complaints> {
    switch (operation._tag) {
      case "Calm":
        return this.#calm
      case "Faulty":
        return this.#verb(operation.verb, operation)
      case "Advance":
      case "EndOwner":
      case "Reboot":
      case "Damage":
      case "Decoy":
      case "Bind":
      case "Unbind":
        this.#seen = undefined
        return Effect.as(befall(this.#machine, this.#clock, this.#model, operation), [])
      default:
        return this.#verb(operation)
    }
  }

  #verb(verb: Verb, mishap?: { readonly call: number; readonly mishap: Mishap }): Effect.Effect<Complaints> {
    return Effect.gen({ self: this }, function* () {
      const before = yield* this.#look
      const around = this.#surroundings(before, verb)
      const predicted = predict(around, verb)
      const { answer, detail, struck } = yield* perform(this.#machine, verb, around.owner, mishap)
      this.#seen = undefined
      this.#isOdd ||= struck
      const key = `${verb._tag} ${answer === "died" || struck ? "after a mishap" : answer.split(" ")[0]}`
      this.tally.set(key, (this.tally.get(key) ?? 0) + 1)
      const after = yield* this.#look
      if (predicted.includes(answer)) return advance(around, verb, answer, after)
      if (struck) return settle(around, verb, answer === "died", after)
      return [`answered ${answer} (${detail}), not ${predicted.join(" or ")}`]
    })
  }

  #surroundings(before: LedgerView, verb: Verb): Surroundings {
    const { bound, decoys, kernel, owners, present } = this.#machine
    const { host } = kernel
    if (verb._tag === "Up" && verb.owner !== undefined && !host.alive(owners[verb.owner]!)) {
      owners[verb.owner] = host.startProcess()
    }
    return {
      model: this.#model,
      before,
      bound,
      takenSlots: new Set([...present].flatMap((number) => decoys[number]!.slot ?? [])),
      alive: host.alive,
      owner: (number): ProcessId | undefined => (number === undefined ? undefined : owners[number]!),
      now: this.#clock.currentTimeMillisUnsafe()
    }
  }

  /** All go, ours and the others', and what was there in the beginning is there again, and nothing else. */
  get #calm(): Effect.Effect<Complaints> {
    return Effect.gen({ self: this }, function* () {
      const gone = this.#missingDecoys(this.#machine.kernel.snapshot())
      if (gone.length > 0) return gone
      for (const number of this.#machine.present)
        yield* befall(this.#machine, this.#clock, this.#model, { _tag: "Decoy", decoy: number })
      for (const port of this.#machine.bound)
        yield* befall(this.#machine, this.#clock, this.#model, { _tag: "Unbind", port })
      const services = yield* this.#machine.services
      const vmnet = yield* Effect.provideContext(Vmnet, services)
      const wrong: Array<string> = []
      for (const vm of this.#model.vms.keys()) wrong.push(...(yield* this.#verb({ _tag: "Down", vm })))
      const gc = yield* Effect.orDie(vmnet.gc({ dryRun: false }))
      this.#seen = undefined
      wrong.push(...gc.problems.map(({ message }) => message))
      for (const network of networks) wrong.push(...(yield* this.#verb({ _tag: "RemoveNetwork", network })))
      const rows = yield* Effect.orDie(Effect.provideContext(leaseRows, services))
      if (!isEmpty(rows)) wrong.push(`still on record: ${JSON.stringify(rows)}`)
      const left = JSON.stringify(this.#machine.kernel.snapshot())
      return left === this.#empty ? wrong : [...wrong, `the machine is not what it was: ${left} and not ${this.#empty}`]
    })
  }
}
