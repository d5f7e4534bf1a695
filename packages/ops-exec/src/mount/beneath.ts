import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs"

/** `O_PATH` of asm-generic/fcntl.h, which `node:fs` does not name: a place and not its contents, so that nothing blocks. */
const place = 0o10000000

const noFollow = place | constants.O_NOFOLLOW

/** What an open descriptor is called; the kernel resolves it to exactly what is open, wherever that is by now. */
export const pathOf = (fd: number): string => `/proc/self/fd/${fd}`

/** A place in the file system, held open. */
export interface Place {
  readonly fd: number
  readonly stats: Stats
}

export const identityOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`

const hold = (path: string): Place => {
  const fd = openSync(path, noFollow)
  return { fd, stats: fstatSync(fd) }
}

export const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT"

/**
 * openat2(2) with `RESOLVE_NO_SYMLINKS` by hand: `name` in an open directory, and a symbolic link is held as what it
 * is. `undefined` when there is nothing. A mount on it is entered.
 */
const holdIn = (directory: Place, name: string): Place | undefined => {
  try {
    return hold(`${pathOf(directory.fd)}/${name}`)
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
}

/** Places held open together, and let go of together. */
export class Held {
  readonly #open: Array<number> = []

  at(path: string): Place {
    return this.#keep(hold(path))
  }

  in(directory: Place, name: string): Place | undefined {
    const found = holdIn(directory, name)
    return found === undefined ? undefined : this.#keep(found)
  }

  /** A descriptor that was opened elsewhere. */
  keep(fd: number): number {
    this.#open.push(fd)
    return fd
  }

  close(): void {
    for (const fd of this.#open.splice(0)) closeSync(fd)
  }

  #keep(held: Place): Place {
    this.#open.push(held.fd)
    return held
  }
}

/** What a place is, for a person. */
export const kindOf = ({ stats }: Place): string => {
  if (stats.isSymbolicLink()) return "a symbolic link"
  if (stats.isDirectory()) return "a directory"
  return stats.isFile() ? "a file" : "no regular file"
}
