import { type Commands, type CommandSpec, type Netns, OpsError, type OpsReason } from "@vmnet/core"
import { Effect } from "effect"
import type { Attempt } from "../commands/opsErrors.ts"
import { runIn } from "../netns/runIn.ts"
import { reasonOfText } from "../text/reasons.ts"
import { type NftFamily, tableName } from "./layout.ts"
import { type NftObject, readNft } from "./nftJson.ts"
import { isMap, type SetName, specOf } from "./sets.ts"

/** Transactions of thousands of elements take their time while others hold the kernel's lock. */
const timeout = 30_000
/** Whole tables are listed: room for a million entries. */
const maxOutput = 256 * 1024 * 1024

/** Runs one `nft`, in the namespace's network; its exit code is for the caller to judge. */
export const runNft = (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  args: CommandSpec["args"],
  stdin?: string
) =>
  runIn(commands, netns, attempt, {
    program: "nft",
    args,
    timeout,
    maxOutput,
    ...(stdin === undefined ? {} : { stdin })
  })

export const reasonOfNft = (stderr: string): OpsReason =>
  reasonOfText(stderr) ?? (/syntax error|unexpected/.test(stderr) ? "Unsupported" : "Failed")

/** One nft error without the lines that repeat the input and underline a part of it. */
export const wordsOfNft = (stderr: string): string =>
  stderr
    .split("\n")
    .filter((line) => line.includes("Error: ") || line.includes("Operation not permitted"))
    .join("\n") || stderr.trim()

/** Lists part of our tables; what is not there is an empty list. */
const list = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  what: ReadonlyArray<string>
) {
  // -n: numbers only; what /etc/protocols and rt_marks call them is not ours to know.
  const { exitCode, stdout, stderr } = yield* runNft(commands, netns, attempt, ["-j", "-n", "list", ...what])
  if (exitCode === 0) return yield* readNft(attempt, stdout)
  const reason = reasonOfNft(stderr)
  if (reason === "Missing") return []
  return yield* new OpsError({ ...attempt, reason, output: wordsOfNft(stderr) })
})

/**
 * A whole table. nft compares the ruleset's generation before and after it reads, and starts again when a transaction
 * came in between (`nft_cache_update`): unlike a listing of links this is a consistent picture, and absence in it is
 * proof. `nft get element` would be no more direct: 1.0.6 reads every element of every table first, and prints no JSON.
 */
export const listTable = (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  install: string,
  family: NftFamily
): Effect.Effect<ReadonlyArray<NftObject>, OpsError> =>
  list(commands, netns, attempt, ["table", family, tableName(install)])

/** One set: its elements are all that nft reads, however large its neighbours are. */
export const listSet = (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  install: string,
  set: SetName
): Effect.Effect<ReadonlyArray<NftObject>, OpsError> =>
  list(commands, netns, attempt, [isMap(set) ? "map" : "set", specOf(set).family, tableName(install), set])
