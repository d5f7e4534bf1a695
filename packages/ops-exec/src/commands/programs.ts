import { CommandError } from "@vmnet/core"
import { Effect } from "effect"
import { realpathSync, type Stats, statSync } from "node:fs"
import { dirname } from "node:path"

/** Where programs are looked up, in this order; also the `PATH` they run with. */
export const programDirectories: ReadonlyArray<string> = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]

const barePattern = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/
const writableByOthers = 0o022

const guarded = (stats: Stats): boolean => stats.uid === 0 && (stats.mode & writableByOthers) === 0

const stat = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

/** Why the file behind `path` must not be run as root, or `undefined` when it may. */
const distrust = (path: string): string | undefined => {
  const stats = stat(path)
  const directory = stat(dirname(path))
  if (stats === undefined || !stats.isFile()) return "is not a regular file"
  if ((stats.mode & 0o111) === 0) return "is not executable"
  if (!guarded(stats)) return "is not owned by root or can be written by others"
  if (directory === undefined || !guarded(directory)) return "lies in a directory others can write"
  return undefined
}

const refuse = (program: string, reason: CommandError["reason"], detail: string) =>
  new CommandError({ program, args: [], reason, detail })

const lookUp = (program: string, directories: ReadonlyArray<string>): string | CommandError => {
  if (!barePattern.test(program)) return refuse(program, "NotTrusted", "only bare program names are run")
  const found = directories.map((directory) => `${directory}/${program}`).find((path) => stat(path) !== undefined)
  if (found === undefined) {
    return refuse(program, "NotFound", `not found in ${directories.join(", ")}: install the package that provides it`)
  }
  const path = realpathSync(found)
  const why = distrust(path)
  return why === undefined ? path : refuse(program, "NotTrusted", `${path} ${why}`)
}

/** Finds a program's real path by its bare name. What was found once is trusted for the life of the process. */
export type FindProgram = (program: string) => Effect.Effect<string, CommandError>

export const makeFindProgram = (directories: ReadonlyArray<string>): FindProgram => {
  const known = new Map<string, string>()
  return Effect.fnUntraced(function* (program: string) {
    const before = known.get(program)
    if (before !== undefined) return before
    const answer = yield* Effect.try({
      try: () => lookUp(program, directories),
      catch: (cause) => new CommandError({ program, args: [], reason: "Failed", detail: "cannot be looked up", cause })
    })
    if (typeof answer !== "string") return yield* answer
    known.set(program, answer)
    return answer
  })
}

export const findProgram: FindProgram = makeFindProgram(programDirectories)
