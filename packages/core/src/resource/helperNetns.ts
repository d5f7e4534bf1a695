import { Effect } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { Helpers } from "../ops/Helpers.ts"
import type { LinkOps } from "../ops/LinkOps.ts"
import { type Netns, netnsKey } from "../ops/Netns.ts"

type HelperNetns = Extract<Netns, { readonly _tag: "Helper" }>

/** The process that holds a VM's namespace now; `null` when there is none, and so no namespace to be entered either. */
export const holderOf = (helpers: Helpers["Service"], { owner }: HelperNetns): Effect.Effect<Netns | null, OpsError> =>
  Effect.map(helpers.find({ helper: "namespace", owner }), (found) =>
    found._tag === "Running"
      ? { _tag: "Process", pid: found.process.pid, startTime: found.process.startTime, user: true }
      : null
  )

const notHeld = (netns: Netns): OpsError =>
  new OpsError({
    family: "netns",
    reason: "Missing",
    action: `enter ${netnsKey(netns)}`,
    output: "nothing holds it any more"
  })

/**
 * `LinkOps` for namespaces of helpers too: who holds them is looked up anew each time, so that a recycled pid is never
 * entered. Links in a namespace that nobody holds are gone.
 */
export const inHelperNetns = (helpers: Helpers["Service"], ops: LinkOps["Service"]): LinkOps["Service"] => {
  const entering = <A>(
    netns: Netns,
    use: (entered: Netns) => Effect.Effect<A, OpsError>,
    gone: Effect.Effect<A, OpsError>
  ): Effect.Effect<A, OpsError> =>
    netns._tag === "Helper"
      ? Effect.flatMap(holderOf(helpers, netns), (holder) => (holder === null ? gone : use(holder)))
      : use(netns)
  return {
    ...ops,
    apply: (netns, changes) => entering(netns, (entered) => ops.apply(entered, changes), Effect.fail(notHeld(netns))),
    find: (netns, links) =>
      entering(netns, (entered) => ops.find(entered, links), Effect.succeed(links.map(() => null))),
    snapshot: (netns) =>
      entering(netns, (entered) => ops.snapshot(entered), Effect.succeed({ links: [], routes: [], neighbours: [] }))
  }
}
