import type { OwnedResource } from "../../ledger/ResourceRow.ts"
import { netnsPath } from "../../ops/Netns.ts"
import type { TeardownReport } from "../../plan/teardown.ts"
import { describeResource, resourceName } from "../../resource/identity.ts"
import type { GcAction, GcResult, GcVerdict } from "../Vmnet.ts"
import type { GcRun } from "./GcRun.ts"

/** What a line is about: `vm` is null where several VMs shared it; `netns` is absent on the host. */
export interface Subject {
  readonly vm: string | null
  readonly kind: string
  readonly name: string
  readonly netns?: string | null
}

const words: Readonly<Record<GcVerdict, string>> = {
  owned: "owned",
  "in-use": "in use",
  "not-owned": "not owned",
  "not-judged": "not judged"
}

/** The reason says the verdict in words, so that it stands for itself. */
const line = (subject: Subject, action: GcAction["action"], verdict: GcVerdict, why: string): GcAction => ({
  action,
  verdict,
  reason: `${words[verdict]}: ${why}`,
  vm: subject.vm,
  kind: subject.kind,
  name: subject.name,
  netns: subject.netns ?? null
})

/** A damaged ledger, which is kept. */
export const moves = ({ dryRun }: Pick<GcRun, "dryRun">, subject: Subject, why: string): GcAction =>
  line(subject, dryRun ? "would-move" : "moved", "not-owned", why)

/** What goes, or would go. */
export const goes = ({ dryRun }: Pick<GcRun, "dryRun">, subject: Subject, why: string): GcAction =>
  line(subject, dryRun ? "would-delete" : "deleted", "owned", why)

/** What should go and cannot: its record is kept. */
export const stays = (subject: Subject, why: string): GcAction => line(subject, "skipped", "owned", why)

export const inUse = (subject: Subject, why: string): GcAction => line(subject, "skipped", "in-use", why)

export const notOwned = (subject: Subject, why: string): GcAction => line(subject, "skipped", "not-owned", why)

export const notJudged = (subject: Subject): GcAction =>
  line(subject, "skipped", "not-judged", "time ran out; run vmnet gc again")

export const only = (...actions: ReadonlyArray<GcAction>): GcResult => ({ actions, problems: [] })

export const leaseOf = (vm: string): Subject => ({ vm, kind: "Lease", name: vm })

export const subjectOf = (vm: string | null, { resource }: OwnedResource): Subject => ({
  vm,
  kind: resource.kind,
  name: resourceName(resource),
  netns: netnsPath(resource.netns)
})

/** A teardown, or the rehearsal of one, object by object. Of what was not there any more there is nothing to say. */
export const linesOf = (
  run: Pick<GcRun, "dryRun">,
  vm: string | null,
  { deleted, foreign, left, problems }: TeardownReport,
  why: string
): ReadonlyArray<GcAction> => [
  ...deleted.map((owned) => goes(run, subjectOf(vm, owned), why)),
  ...foreign.map((owned) => notOwned(subjectOf(vm, owned), "it does not carry our tag")),
  ...left.map((owned) => stays(subjectOf(vm, owned), whyLeft(owned, problems)))
]

const whyLeft = ({ resource }: OwnedResource, problems: ReadonlyArray<string>): string => {
  const start = `delete ${describeResource(resource)}: `
  const problem = problems.find((one) => one.startsWith(start))
  return problem === undefined
    ? "what is on it could not be removed"
    : `it could not be removed: ${problem.slice(start.length)}`
}
