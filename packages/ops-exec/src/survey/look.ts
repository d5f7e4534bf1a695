import { seen, type Sight, unseen } from "@vmnet/core"
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs"

const codeOf = (cause: unknown): string => (cause instanceof Error && "code" in cause ? String(cause.code) : "")

/** ENOTDIR: a path through what is no directory is not there either. */
export const isMissing = (cause: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(cause))

/** What a program or the system said, in one line; its first words tell whether it was a matter of rights. */
export const unseenWords = (text: string): Sight<never> =>
  unseen(text.trim().split("\n")[0]!.slice(0, 300), /not permitted|permission denied/i.test(text))

/** Whatever goes wrong while looking is what there is to say of it. */
export const look = <A>(f: () => A): Sight<A> => {
  try {
    return seen(f())
  } catch (cause) {
    return unseenWords(cause instanceof Error ? cause.message : String(cause))
  }
}

const readUpTo = (fd: number, limit: number): Buffer => {
  const buffer = Buffer.alloc(limit + 1)
  let length = 0
  while (length <= limit) {
    const read = readSync(fd, buffer, length, buffer.length - length, null)
    if (read === 0) return buffer.subarray(0, length)
    length += read
  }
  throw new Error(`it is longer than ${limit} bytes`)
}

const defaultLimit = 1024 * 1024

/**
 * A file as text, `null` when there is none. Only regular files (those of `/proc` are), so that no pipe or device that
 * somebody put there keeps us, and only up to a limit.
 */
export const readText = (path: string, limit = defaultLimit): string | null => {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      if (!fstatSync(fd).isFile()) throw new Error(`${path} is no regular file`)
      return readUpTo(fd, limit).toString("utf8")
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    if (isMissing(cause)) return null
    throw cause
  }
}

/** One value, without what surrounds it. */
export const readValue = (path: string): string | null => readText(path, 4096)?.trim() ?? null

const maxNames = 1000

/** The names in a directory, in byte order and not more than a thousand; none when there is no such directory. */
export const namesIn = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory).toSorted().slice(0, maxNames)
  } catch (cause) {
    if (isMissing(cause)) return []
    throw cause
  }
}
