import { Effect } from "effect"
import { stepError } from "../errors/stepError.ts"
import type { OpsError } from "../errors/OpsError.ts"
import { formatOwner, type Owner, parseOwner } from "../names/Owner.ts"
import { type HelperKey, Helpers } from "../ops/Helpers.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { type Link, LinkOps } from "../ops/LinkOps.ts"
import { MountOps, type ResolverMount } from "../ops/MountOps.ts"
import { NatOps, type NatSnapshot } from "../ops/NatOps.ts"
import { hostNetns } from "../ops/Netns.ts"
import type { SysctlOps } from "../ops/SysctlOps.ts"
import { type HostParameters, lookAtParameters } from "./hostParameters.ts"

/** Something found, and the tag of this install that it carries. */
export interface Tagged<A> {
  readonly owner: Owner
  readonly found: A
}

/** What carries exactly our tag, in the kernel and among its processes. */
export interface Sight {
  readonly links: ReadonlyArray<Tagged<Link>>
  /** By name. */
  readonly namespaces: ReadonlyArray<Tagged<string>>
  readonly layout: NatSnapshot["layout"]
  readonly elements: ReadonlyArray<Tagged<NatSnapshot["elements"][number]["element"]>>
  readonly helpers: ReadonlyArray<Tagged<HelperKey>>
  /** Mounts of files below our state directory; whose they are is told by the names of their directories. */
  readonly mounts: ReadonlyArray<ResolverMount>
  readonly parameters: HostParameters
}

export type LookNeeds = Helpers | HostProbe | LinkOps | MountOps | NatOps | SysctlOps

const failure = (error: OpsError) => stepError("the record", "look for objects of this install", error)

/** Observed text is hostile: what is not exactly a tag of this install is nobody's of ours. */
const tagged =
  (install: string) =>
  <A>(text: string, found: A): ReadonlyArray<Tagged<A>> => {
    const owner = parseOwner(text)
    return owner?.install === install && formatOwner(owner) === text ? [{ owner, found }] : []
  }

/** One look at everything. Whoever may change nothing of the host has nothing there: only processes are asked for. */
export const look = (install: string, stateDir: string) =>
  Effect.gen(function* () {
    const sight = yield* lookAround(install, stateDir)
    const { missingCapabilities } = yield* HostProbe
    if (missingCapabilities.length > 0) return sight
    return { ...sight, parameters: yield* lookAtParameters(install, stateDir) } satisfies Sight
  }).pipe(Effect.catchTag("OpsError", (error) => Effect.fail(failure(error))))

/** The same but for parameters of the host: those are another's to change, who is waited for. */
export const lookAround = (install: string, stateDir: string) =>
  Effect.gen(function* () {
    const { missingCapabilities } = yield* HostProbe
    const helpers = yield* (yield* Helpers).list(install)
    const ours = tagged(install)
    const found = { helpers: helpers.flatMap((key) => ours(key.owner, key)) }
    const isOnHost = missingCapabilities.length === 0
    return {
      ...nothing,
      ...(isOnHost && (yield* lookAtHost(install, stateDir))),
      ...found
    } satisfies Sight as Sight
  }).pipe(Effect.catchTag("OpsError", (error) => Effect.fail(failure(error))))

const nothing: Sight = {
  links: [],
  namespaces: [],
  layout: "absent",
  elements: [],
  helpers: [],
  mounts: [],
  parameters: { held: [], isForwardingLost: false }
}

const lookAtHost = Effect.fnUntraced(function* (install: string, stateDir: string) {
  const ours = tagged(install)
  const ops = yield* LinkOps
  const { links } = yield* ops.snapshot(hostNetns)
  const nat = yield* (yield* NatOps).snapshot(hostNetns)
  const names = yield* ops.netnsNames
  const namespaces = yield* ops.findNetns(names)
  return {
    links: links.flatMap((link) => ours(link.alias, link)),
    namespaces: names.flatMap((one, index) => ours(namespaces[index]?.alias ?? "", one)),
    layout: nat.layout,
    elements: nat.elements.flatMap(({ element, owner }) => ours(owner, element)),
    mounts: yield* (yield* MountOps).list(stateDir)
  }
})
