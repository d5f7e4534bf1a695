import type { CommandResult, Commands, CommandSpec, Netns } from "@vmnet/core"
import {
  type Attempt,
  commitInput,
  elementsIn,
  isMap,
  listObjects,
  type LoadInput,
  type Nft,
  type NftAnswer,
  objectsOf,
  type SetElement,
  type SetName,
  specOf,
  tableName
} from "@vmnet/ops-common"
import { Effect } from "effect"
import { ofCommandError } from "../commands/ofCommandError.ts"
import { findProgram } from "../commands/programs.ts"
import { runIn } from "../netns/runIn.ts"

/** Transactions of thousands of elements take their time while others hold the kernel's lock. */
const timeout = 30_000
/** Whole tables are listed: room for a million entries. */
const maxOutput = 256 * 1024 * 1024

const answerOf = ({ exitCode, stderr, stdout }: CommandResult): NftAnswer => ({ ok: exitCode === 0, stdout, stderr })

/** Who is not root makes a network namespace only together with a user namespace of his own. */
const inNoNetwork = (): ReadonlyArray<string> =>
  process.geteuid?.() === 0 ? ["--net"] : ["--user", "--map-root-user", "--net"]

/** -n: numbers only; what /etc/protocols and rt_marks call them is not ours to know. */
const listing = ["-j", "-n", "list"]

/** The `nft` program: one run for each call. */
export const nftProgram = (commands: Commands["Service"]): Nft => {
  const run = (netns: Netns, attempt: Attempt, args: CommandSpec["args"], stdin?: string) =>
    Effect.map(
      runIn(commands, netns, attempt, {
        program: "nft",
        args,
        timeout,
        maxOutput,
        ...(stdin === undefined ? {} : { stdin })
      }),
      answerOf
    )

  /** One set: its elements are all that nft reads, however large its neighbours are. */
  const listSet = (netns: Netns, attempt: Attempt, install: string, set: SetName) =>
    Effect.flatMap(
      run(netns, attempt, [...listing, isMap(set) ? "map" : "set", specOf(set).family, tableName(install), set]),
      (answer) => objectsOf(attempt, answer)
    )

  /**
   * What has to be read: a single set alone, else the whole table of each family, so that every answer comes from one
   * generation of the ruleset. `nft get element` would be no more direct: 1.0.6 reads every element of every table first,
   * and prints no JSON.
   */
  const entries = (netns: Netns, attempt: Attempt, install: string, wanted: ReadonlyArray<SetElement>) => {
    const sets = new Set(wanted.map(({ set }) => set))
    const [first] = sets
    const tables = [...new Set([...sets].map((set) => specOf(set).family))]
    const listed =
      first !== undefined && sets.size === 1
        ? listSet(netns, attempt, install, first)
        : Effect.map(
            Effect.all(
              tables.map((family) => listObjects(program, netns, attempt, install, family)),
              { concurrency: 2 }
            ),
            (objects) => objects.flat()
          )
    return Effect.map(listed, (objects) => elementsIn(objects, (set) => sets.has(set)))
  }

  /**
   * The network namespace lives no longer than the program, which prints the layout as it reads it back (`--echo`). It
   * comes as an argument: with -j, nft takes text from a file or an argument, but reads its standard input as JSON only.
   */
  const reference = (attempt: Attempt, layout: string) =>
    findProgram("nft").pipe(
      Effect.flatMap((nft) =>
        commands.run({ program: "unshare", args: [...inNoNetwork(), "--", nft, "-j", "-n", "-e", layout] })
      ),
      Effect.mapBoth({ onFailure: (error) => ofCommandError(attempt, error), onSuccess: answerOf })
    )

  const load: LoadInput = (netns, attempt, { check, json, text }) =>
    run(netns, attempt, [...(check ? ["-c"] : []), ...(json ? ["-j"] : []), "-f", "-"], text)

  // -t: without elements, where this nft knows how.
  const setNames = (netns: Netns, attempt: Attempt, install: string) =>
    run(netns, attempt, ["-t", ...listing, "table", "inet", tableName(install)]).pipe(
      Effect.flatMap((answer) => objectsOf(attempt, answer)),
      Effect.map((objects) =>
        objects.flatMap(({ body: { name }, kind }) =>
          (kind === "set" || kind === "map") && typeof name === "string" ? [name] : []
        )
      )
    )

  const program: Nft = {
    commit: (netns, attempt, install, commands) => commitInput(load, netns, attempt, install, commands),
    listTable: (netns, attempt, family, table) => run(netns, attempt, [...listing, "table", family, table]),
    setNames,
    entries,
    reference
  }
  return program
}
