import {
  Backends,
  layerLedgerSqlite,
  layerVmnet,
  type LinkChange,
  LinkOps,
  type NatChange,
  NatOps,
  type Netns,
  OpsError
} from "@vmnet/core"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { Effect, Layer } from "effect"
import { type Machine, machine } from "./host.ts"
import { install } from "./memoryHost.ts"

/** A machine whose kernel refuses some changes, again and again, until it is told to stop. */
export interface StubbornMachine extends Machine {
  refuses: (change: LinkChange | NatChange) => boolean
}

const refusal = (family: "link" | "nat", index: number) =>
  Effect.fail(new OpsError({ family, reason: "Busy", action: "change", output: "stubborn", index }))

/** Stops at the first change it refuses; in the firewall nothing of the transaction is done then. */
const refusing = (made: StubbornMachine) => ({
  link:
    (apply: LinkOps["Service"]["apply"]): LinkOps["Service"]["apply"] =>
    (netns: Netns, changes) => {
      const at = changes.findIndex((change) => made.refuses(change))
      return at === -1 ? apply(netns, changes) : Effect.andThen(apply(netns, changes.slice(0, at)), refusal("link", at))
    },
  nat:
    (apply: NatOps["Service"]["apply"]): NatOps["Service"]["apply"] =>
    (netns: Netns, changes) => {
      const at = changes.findIndex((change) => made.refuses(change))
      return at === -1 ? apply(netns, changes) : refusal("nat", at)
    }
})

const layerStubborn = (made: StubbornMachine) => {
  const stubborn = refusing(made)
  const link = Layer.effect(
    LinkOps,
    LinkOps.useSync((ops) => ({ ...ops, apply: stubborn.link(ops.apply) }))
  )
  const nat = Layer.effect(
    NatOps,
    NatOps.useSync((ops) => ({ ...ops, apply: stubborn.nat(ops.apply) }))
  )
  return layerVmnet.pipe(
    Layer.provideMerge(layerLedgerSqlite({ stateDir: made.stateDir, install })),
    Layer.provideMerge(Layer.merge(link, nat)),
    Layer.provideMerge(made.kernel.layer),
    Layer.provide(Backends.layerOf([bridgeBackend])),
    Layer.orDie,
    Layer.fresh
  )
}

type Services = Layer.Success<ReturnType<typeof layerStubborn>>

export const onStubbornMachine = <A, E>(work: (machine: StubbornMachine) => Effect.Effect<A, E, Services>) =>
  Effect.scoped(
    Effect.flatMap(machine, (made) => {
      const stubborn: StubbornMachine = { ...made, refuses: () => false }
      return Effect.provide(work(stubborn), layerStubborn(stubborn))
    })
  )
