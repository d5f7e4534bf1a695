import { Effect } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { Helpers } from "../ops/Helpers.ts"
import type { LinkOps } from "../ops/LinkOps.ts"
import type { NatOps } from "../ops/NatOps.ts"
import { type Netns, netnsKey } from "../ops/Netns.ts"
import type { SysctlOps } from "../ops/SysctlOps.ts"

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

/** Does something in a namespace, which may be a helper's; `gone` is the answer where nobody holds that. */
type Entering = <A>(
  netns: Netns,
  use: (entered: Netns) => Effect.Effect<A, OpsError>,
  gone: (netns: Netns) => Effect.Effect<A, OpsError>
) => Effect.Effect<A, OpsError>

/** Who holds a namespace is looked up anew each time, so that a recycled pid is never entered. */
const enteringWith =
  (helpers: Helpers["Service"]): Entering =>
  (netns, use, gone) =>
    netns._tag === "Helper"
      ? Effect.flatMap(holderOf(helpers, netns), (holder) => (holder === null ? gone(netns) : use(holder)))
      : use(netns)

const impossible = (netns: Netns) => Effect.fail(notHeld(netns))

/** `LinkOps` for namespaces of helpers too. Links in a namespace that nobody holds are gone. */
export const linksInHelperNetns = (helpers: Helpers["Service"], ops: LinkOps["Service"]): LinkOps["Service"] => {
  const entering = enteringWith(helpers)
  return {
    ...ops,
    apply: (netns, changes) => entering(netns, (entered) => ops.apply(entered, changes), impossible),
    find: (netns, links) =>
      entering(
        netns,
        (entered) => ops.find(entered, links),
        () => Effect.succeed(links.map(() => null))
      ),
    configuredOn: (netns, links) =>
      entering(
        netns,
        (entered) => ops.configuredOn(entered, links),
        () => Effect.succeed(links.map(() => ({ link: null, routes: [], neighbours: [] })))
      ),
    snapshot: (netns) => entering(netns, ops.snapshot, () => Effect.succeed({ links: [], routes: [], neighbours: [] }))
  }
}

/** `NatOps` for namespaces of helpers too. A namespace that nobody holds has no firewall any more. */
export const natInHelperNetns = (helpers: Helpers["Service"], ops: NatOps["Service"]): NatOps["Service"] => {
  const entering = enteringWith(helpers)
  return {
    apply: (netns, changes) => entering(netns, (entered) => ops.apply(entered, changes), impossible),
    find: (netns, elements) =>
      entering(
        netns,
        (entered) => ops.find(entered, elements),
        () => Effect.succeed(elements.map(() => ({ _tag: "Absent" })))
      ),
    snapshot: (netns) => entering(netns, ops.snapshot, () => Effect.succeed({ layout: "absent", elements: [] }))
  }
}

/** `SysctlOps` for namespaces of helpers too. A namespace that nobody holds has no parameters any more. */
export const sysctlsInHelperNetns = (helpers: Helpers["Service"], ops: SysctlOps["Service"]): SysctlOps["Service"] => {
  const entering = enteringWith(helpers)
  return {
    read: (netns, key) =>
      entering(
        netns,
        (entered) => ops.read(entered, key),
        () => Effect.succeed(null)
      ),
    write: (netns, key, value) => entering(netns, (entered) => ops.write(entered, key, value), impossible),
    forwarding: (netns) => entering(netns, ops.forwarding, () => Effect.succeed({}))
  }
}
