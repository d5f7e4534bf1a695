import { Commands, type NatSnapshot, NatOps, type Netns, type OpsError } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { type Attempt, invalid } from "../commands/opsErrors.ts"
import { applyChanges } from "./applyChanges.ts"
import { decode } from "./decode.ts"
import { findElements } from "./findElements.ts"
import { families, isInstall, layoutText } from "./layout.ts"
import { layoutState, type References, reference } from "./layoutState.ts"
import { elementsIn } from "./nftJson.ts"
import { listTable } from "./runNft.ts"
import { slotLayoutText } from "./slotLayout.ts"

export interface NatOpsNftOptions {
  /** Eight hexadecimal digits that tell this install's tables from everybody else's. */
  readonly install: string
}

/** Computes once and remembers; a failure is not remembered, the next caller tries again. */
const once = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  let known: { readonly value: A } | undefined
  return Effect.suspend(() =>
    known === undefined
      ? Effect.tap(effect, (value) => Effect.sync(() => (known = { value })))
      : Effect.succeed(known.value)
  )
}

const make = Effect.fnUntraced(function* ({ install }: NatOpsNftOptions) {
  if (!isInstall(install)) {
    return yield* invalid(
      { family: "nat", action: "use nft" },
      `install id ${JSON.stringify(install)} is not 8 hex digits`
    )
  }
  const commands = yield* Commands
  const expected: References = {
    layout: once(reference(commands, layoutText(install))),
    slot: once(reference(commands, slotLayoutText(install)))
  }

  const find: Attempt = { family: "nat", action: "find firewall elements" }
  const list: Attempt = { family: "nat", action: "list the firewall" }

  const snapshot = Effect.fn("NatOps.snapshot")(function* (netns: Netns) {
    const tables = families.map((family) => listTable(commands, netns, list, install, family))
    const listed = (yield* Effect.all(tables, { concurrency: 2 })).flat()
    return { layout: yield* layoutState(listed, expected), elements: decode(elementsIn(listed)) } satisfies NatSnapshot
  })

  return NatOps.of({
    apply: Effect.fn("NatOps.apply")((netns, changes) => applyChanges(commands, netns, install, changes)),
    find: Effect.fn("NatOps.find")((netns, elements) => findElements(commands, netns, find, install, elements)),
    snapshot
  })
})

/** `NatOps` over the `nft` program, in tables of one install. */
export const NatOpsNft = {
  layer: (options: NatOpsNftOptions): Layer.Layer<NatOps, OpsError, Commands> => Layer.effect(NatOps, make(options))
}
