import type { CommandError, Commands, ProgramFacts } from "@vmnet/core"
import { Effect, Result } from "effect"
import { basename } from "node:path"
import { findProgram } from "../commands/programs.ts"

/** One file is all of iptables' programs: it asks its first argument which one it is when its own name does not tell. */
const asCalled = (path: string, option: string): ReadonlyArray<string> =>
  basename(path).startsWith("xtables-") ? ["iptables", option] : [option]

/** What vmnet runs, and what its advice is about, each with the option that makes it say its version. */
const programs: ReadonlyArray<readonly [program: string, option: string]> = [
  ["ip", "-V"],
  ["nft", "--version"],
  ["mount", "--version"],
  ["umount", "--version"],
  ["nsenter", "--version"],
  ["unshare", "--version"],
  ["slirp4netns", "--version"],
  ["pasta", "--version"],
  ["iptables", "--version"],
  ["iptables-nft", "--version"],
  ["iptables-legacy", "--version"]
]

const limit = 120

const firstLine = (text: string): string | null => text.split("\n")[0]?.trim().slice(0, limit) || null

const absent = (program: string, error: CommandError): ProgramFacts => ({
  program,
  found: error.reason !== "NotFound",
  distrusted: error.reason === "NotFound" ? null : error.detail,
  version: null
})

/** One that cannot say its version in time is there all the same. */
const factsOf = (commands: Commands["Service"], program: string, option: string) =>
  Effect.gen(function* () {
    const found = yield* Effect.result(findProgram(program))
    if (Result.isFailure(found)) return absent(program, found.failure)
    const said = yield* Effect.result(
      commands.run({ program, args: asCalled(found.success, option), timeout: 3_000, maxOutput: 65_536 })
    )
    const version = Result.isSuccess(said) ? firstLine(said.success.stdout) : null
    return { program, found: true, distrusted: null, version } satisfies ProgramFacts
  })

export const programFacts = (commands: Commands["Service"]): Effect.Effect<ReadonlyArray<ProgramFacts>> =>
  Effect.forEach(programs, ([program, option]) => factsOf(commands, program, option), { concurrency: 4 })
