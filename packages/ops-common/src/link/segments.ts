import { hostNetns, type LinkChange, type Netns, netnsKey } from "@vmnet/core"

/** Changes `from` up to `to`, which one program makes in one namespace. */
export interface Segment {
  readonly netns: Netns
  readonly from: number
  readonly to: number
}

const isOfNetns = ({ _tag }: LinkChange): boolean => _tag === "AddNetns" || _tag === "DeleteNetns"

/** Named namespaces are made from the host's own, whose parameters they inherit. */
const placeOf = (netns: Netns, change: LinkChange): Netns => (isOfNetns(change) ? hostNetns : netns)

/** What was opened or is to be tagged must not be mixed up with what a change before it made or deleted. */
const isBreak = (before: LinkChange, change: LinkChange): boolean =>
  before._tag === "AddNetns" || (before._tag === "DeleteNetns" && change._tag !== "DeleteNetns")

/**
 * Cuts changes where the next one has to be made elsewhere, and behind namespaces that are made or deleted: a new one is
 * tagged before anything else happens, and what comes later opens namespaces as they are by then.
 */
export const segmentsOf = (netns: Netns, changes: ReadonlyArray<LinkChange>): ReadonlyArray<Segment> =>
  changes.reduce<Array<Segment>>((segments, change, index) => {
    const [last, before] = [segments.at(-1), changes[index - 1]]
    const place = placeOf(netns, change)
    const joins = last !== undefined && netnsKey(last.netns) === netnsKey(place)
    if (joins && before !== undefined && !isBreak(before, change)) segments.splice(-1, 1, { ...last, to: index + 1 })
    else segments.push({ netns: place, from: index, to: index + 1 })
    return segments
  }, [])
