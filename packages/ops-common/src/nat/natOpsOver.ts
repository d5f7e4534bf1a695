import { type NatSnapshot, NatOps, type Netns, type OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { type Attempt, invalid } from "../errors/opsErrors.ts"
import { applyChanges } from "./applyChanges.ts"
import { decode } from "./decode.ts"
import { findElements } from "./findElements.ts"
import { families, isInstall, layoutText } from "./layout.ts"
import { layoutState, type References, reference } from "./layoutState.ts"
import { listObjects } from "./listObjects.ts"
import type { Nft } from "./Nft.ts"
import { elementsIn } from "./nftJson.ts"
import { slotLayoutText } from "./slotLayout.ts"

export interface NatOpsOptions {
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

const find: Attempt = { family: "nat", action: "find firewall elements" }
const list: Attempt = { family: "nat", action: "list the firewall" }

/** `NatOps` in tables of one install, over nft as it is reached. */
export const natOpsOver = Effect.fnUntraced(function* (
  nft: Nft,
  { install }: NatOpsOptions
): Effect.fn.Return<NatOps["Service"], OpsError> {
  if (!isInstall(install)) {
    return yield* invalid(
      { family: "nat", action: "use nft" },
      `install id ${JSON.stringify(install)} is not 8 hex digits`
    )
  }
  const expected: References = {
    layout: once(reference(nft, layoutText(install))),
    slot: once(reference(nft, slotLayoutText(install)))
  }
  const snapshot = Effect.fn("NatOps.snapshot")(function* (netns: Netns) {
    const tables = families.map((family) => listObjects(nft, netns, list, install, family))
    const listed = (yield* Effect.all(tables, { concurrency: 2 })).flat()
    return { layout: yield* layoutState(listed, expected), elements: decode(elementsIn(listed)) } satisfies NatSnapshot
  })
  return NatOps.of({
    apply: Effect.fn("NatOps.apply")((netns, changes) => applyChanges(nft, netns, install, changes)),
    find: Effect.fn("NatOps.find")((netns, elements) => findElements(nft, netns, find, install, elements)),
    snapshot
  })
})
