import type { OwnedResource } from "../../ledger/ResourceRow.ts"
import type { TeardownReport } from "../../plan/teardown.ts"
import { resourceKey } from "../../resource/identity.ts"

/** One teardown of several VMs' resources as one report for each of them. */
export const reportsOf = (
  plans: ReadonlyMap<string, ReadonlyArray<OwnedResource>>,
  whole: TeardownReport
): ReadonlyMap<string, TeardownReport> => {
  const vms = new Map([...plans].flatMap(([vm, owned]) => owned.map((one) => [keyOf(one), vm] as const)))
  const parts = (["gone", "deleted", "foreign", "left"] as const).map(
    (part) => [part, Map.groupBy(whole[part], (one) => vms.get(keyOf(one)))] as const
  )
  const problems = Map.groupBy(whole.left.entries(), ([, one]) => vms.get(keyOf(one)))
  return new Map(
    [...plans.keys()].map((vm) => {
      const own = Object.fromEntries(parts.map(([part, of]) => [part, of.get(vm) ?? []]))
      const lines = (problems.get(vm) ?? []).map(([index]) => whole.problems[index]!)
      return [vm, { ...own, problems: lines } as unknown as TeardownReport]
    })
  )
}

const keyOf = ({ resource }: OwnedResource): string => resourceKey(resource)
