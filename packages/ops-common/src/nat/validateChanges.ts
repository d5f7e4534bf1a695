import { describeNatChange, type Egress, type NatChange, natElementKey, OpsError } from "@vmnet/core"
import { invalid } from "../errors/opsErrors.ts"
import { parsePrefix, prefixesOverlap } from "../text/ipv4.ts"
import { isTag } from "../text/names.ts"
import { objectionToElement } from "./validateElement.ts"

/** nft's own bound on a comment (`NFTNL_UDATA_COMMENT_MAXLEN`). */
const maxComment = 128

export const describe = (change: NatChange): string => describeNatChange(change, natElementKey)

const objection = (change: NatChange): string | undefined => {
  if (!("element" in change)) return undefined
  const words = objectionToElement(change.element)
  if (words !== undefined || change._tag === "DeleteElement") return words
  return isTag(change.owner, maxComment) ? undefined : `${JSON.stringify(change.owner)} is not usable as owner tag`
}

const portsOverlap = (a: Egress, b: Egress): boolean => {
  const [firstA, lastA] = a.ports ?? [0, 65_535]
  const [firstB, lastB] = b.ports ?? [0, 65_535]
  return firstA <= lastB && firstB <= lastA
}

const destinationsOverlap = (a: Egress, b: Egress): boolean => {
  const [one, other] = [parsePrefix(a.destination), parsePrefix(b.destination)]
  return one !== undefined && other !== undefined && prefixesOverlap(one, other)
}

const overlaps = (a: Egress, b: Egress): boolean =>
  a.address === b.address && a.protocol === b.protocol && destinationsOverlap(a, b) && portsOverlap(a, b)

/**
 * The kernel refuses an interval that begins or ends inside another, but takes one that swallows another: whether two
 * overlapping entries can both exist would depend on their order. Within a call neither order is accepted.
 */
const firstOverlap = (changes: ReadonlyArray<NatChange>): OpsError | undefined => {
  let added: ReadonlyArray<Egress> = []
  for (const [index, change] of changes.entries()) {
    if (!("element" in change) || change.element._tag !== "Egress") continue
    const { element } = change
    if (change._tag === "DeleteElement" || change._tag === "RemoveElement") {
      added = added.filter((earlier) => natElementKey(earlier) !== natElementKey(element))
      continue
    }
    const other = added.find((earlier) => overlaps(earlier, element))
    if (other !== undefined) {
      const output = `overlaps ${natElementKey(other)}: the entries of one guest must be disjoint`
      return new OpsError({ family: "nat", reason: "Exists", action: describe(change), output, index })
    }
    added = [...added, element]
  }
  return undefined
}

/** What is wrong with a transaction before anything runs, or `undefined`. */
export const objectionToChanges = (changes: ReadonlyArray<NatChange>): OpsError | undefined => {
  for (const [index, change] of changes.entries()) {
    const words = objection(change)
    if (words !== undefined) return invalid({ family: "nat", action: describe(change) }, words, index)
  }
  return firstOverlap(changes)
}
