import type { Netns, OpsError } from "@vmnet/core"
import { Effect } from "effect"
import type { Attempt } from "../errors/opsErrors.ts"
import { type NftFamily, tableName } from "./layout.ts"
import type { Nft, NftAnswer } from "./Nft.ts"
import { type NftObject, readNft } from "./nftJson.ts"
import { nftFailure, reasonOfNft } from "./nftWords.ts"

/** What a listing says; what is not there is an empty list. */
export const objectsOf = (attempt: Attempt, answer: NftAnswer): Effect.Effect<ReadonlyArray<NftObject>, OpsError> => {
  if (answer.ok) return readNft(attempt, answer.stdout)
  return reasonOfNft(answer.stderr) === "Missing" ? Effect.succeed([]) : Effect.fail(nftFailure(attempt, answer))
}

/**
 * A whole table. nft compares the ruleset's generation before and after it reads, and starts again when a transaction
 * came in between (`nft_cache_update`): unlike a listing of links this is a consistent picture, and absence in it is proof.
 */
export const listObjects = (
  nft: Nft,
  netns: Netns,
  attempt: Attempt,
  install: string,
  family: NftFamily
): Effect.Effect<ReadonlyArray<NftObject>, OpsError> =>
  Effect.flatMap(nft.listTable(netns, attempt, family, tableName(install)), (answer) => objectsOf(attempt, answer))
