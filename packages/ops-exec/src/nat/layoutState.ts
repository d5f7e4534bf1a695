import { type Commands, type NatSnapshot, OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { type Attempt, ofCommandError } from "../commands/opsErrors.ts"
import { findProgram } from "../commands/programs.ts"
import { type NftObject, readNft } from "./nftJson.ts"
import { reasonOfNft, wordsOfNft } from "./runNft.ts"
import { isSlotSet } from "./sets.ts"

const structural = new Set(["table", "chain", "set", "map", "rule"])

/** What an object is, without what differs from load to load: handles, and the elements. */
const shapeOf = ({ body, kind }: NftObject): string => {
  const { elem: _elem, handle: _handle, ...shape } = body
  return `${kind} ${JSON.stringify(shape)}`
}

/** Chains and sets in any order, the rules of each chain in theirs. */
const signature = (objects: ReadonlyArray<NftObject>): string => {
  const positions = new Map<string, number>()
  const lines = objects.flatMap((object) => {
    if (!structural.has(object.kind)) return []
    if (object.kind !== "rule") return [shapeOf(object)]
    const chain = `${object.body["family"]} ${object.body["chain"]}`
    const position = (positions.get(chain) ?? 0) + 1
    positions.set(chain, position)
    return [`${position} ${shapeOf(object)}`]
  })
  return lines.sort().join("\n")
}

/** Who is not root makes a network namespace only together with a user namespace of his own. */
const inNoNetwork = (): ReadonlyArray<string> =>
  process.geteuid?.() === 0 ? ["--net"] : ["--user", "--map-root-user", "--net"]

/**
 * What this nft says of a layout on this kernel: it is loaded into a network namespace that lives no longer than the
 * program, and printed as nft reads it back (`--echo`). Comparing with that, not with a text of ours, holds across
 * versions of nft, which differ in how they print.
 */
export const reference = Effect.fnUntraced(function* (commands: Commands["Service"], layout: string) {
  const attempt: Attempt = { family: "nat", action: "load the firewall layout for comparison" }
  // As an argument: with -j, nft takes text from a file or an argument, but reads its standard input as JSON only.
  const { exitCode, stderr, stdout } = yield* findProgram("nft").pipe(
    Effect.flatMap((nft) =>
      commands.run({ program: "unshare", args: [...inNoNetwork(), "--", nft, "-j", "-n", "-e", layout] })
    ),
    Effect.mapError((error) => ofCommandError(attempt, error))
  )
  if (exitCode === 0) return signature(yield* readNft(attempt, stdout))
  return yield* new OpsError({ ...attempt, reason: reasonOfNft(stderr), output: wordsOfNft(stderr) })
})

/** What there may be: the layout, or that of a slot. Asked for only when there is something to compare. */
export interface References {
  readonly layout: Effect.Effect<string, OpsError>
  readonly slot: Effect.Effect<string, OpsError>
}

export const layoutState = (
  listed: ReadonlyArray<NftObject>,
  references: References
): Effect.Effect<NatSnapshot["layout"], OpsError> => {
  if (!listed.some(({ kind }) => structural.has(kind))) return Effect.succeed("absent")
  const isSlot = listed.some(({ body: { name } }) => typeof name === "string" && isSlotSet(name))
  return Effect.map(isSlot ? references.slot : references.layout, (expected) =>
    signature(listed) === expected ? "present" : "altered"
  )
}
