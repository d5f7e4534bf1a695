import { Result } from "effect"
import type { Parsed } from "./Parsed.ts"
import { quote } from "./quote.ts"

/** 2^32 - 1 means "unchanged" to chown(2) and cannot be an id. */
const maxId = 2 ** 32 - 2

/** The kernel's own ceiling for pids on 64-bit machines (`PID_MAX_LIMIT`, proc(5)). */
const maxPid = 4_194_304

/** Who may open a TAP besides root. */
export interface TapOwner {
  readonly uid: number
  readonly gid?: number
}

/** `1000` or `1000:1000`, numeric: names would have to be looked up, and mean other ids in other containers. */
export const parseTapOwner = (text: string): Parsed<TapOwner> =>
  Result.gen(function* () {
    const parts = text.split(":")
    if (parts.length > 2) return yield* Result.fail(`${quote(text)} is not UID or UID:GID`)
    const uid = yield* decimal("user id", parts[0]!, maxId)
    return parts.length === 1 ? { uid } : { uid, gid: yield* decimal("group id", parts[1]!, maxId) }
  })

export const formatTapOwner = (owner: TapOwner): string =>
  owner.gid === undefined ? `${owner.uid}` : `${owner.uid}:${owner.gid}`

/** A process id, 1 to 4194304. Whether such a process runs is another question. */
export const parsePid = (text: string): Parsed<number> =>
  Result.flatMap(decimal("process id", text, maxPid), (pid) =>
    pid === 0 ? Result.fail("process id 0 is no process") : Result.succeed(pid)
  )

const decimal = (what: string, text: string, max: number): Parsed<number> => {
  if (!/^(0|[1-9][0-9]*)$/.test(text)) return Result.fail(`${quote(text)} is not a numeric ${what}`)
  if (text.length > 10 || Number(text) > max) return Result.fail(`${what} ${quote(text)} is above ${max}`)
  return Result.succeed(Number(text))
}
