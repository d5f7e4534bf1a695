import { type CommandSpec, parseOwner } from "@vmnet/core"
import { closeSync, constants, lstatSync, openSync, unlinkSync, writeSync } from "node:fs"
import { join } from "node:path"
import { type Launch, launch } from "./launch.ts"
import { type Place, tieName } from "./place.ts"

type Held = Omit<Launch, "program" | "args" | "ready" | "stdin">

export const makeTie = ({ directory }: Place): CommandSpec => ({
  program: "mkfifo",
  args: ["-m", "600", join(directory, tieName)]
})

/** A FIFO open for both reading and writing (fifo(7)), so that it never ends for who reads it; then its name goes. */
const takeTie = ({ directory }: Place): number => {
  const path = join(directory, tieName)
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if (!lstatSync(path).isFIFO()) throw Object.assign(new Error(`${path} is not a FIFO`), { code: "EINVAL" })
  unlinkSync(path)
  return descriptor
}

/**
 * `unshare --user --map-root-user --net cat`, with a FIFO for standard input that nobody else has. A byte that `cat` gives
 * back says that the namespaces are there and it is in them; then it waits for ever. As its input is open for writing in
 * this one process, whoever opens it for reading (`tieTo`) is told when it ends.
 */
export const holdNamespace = async (
  held: Held,
  programs: { readonly unshare: string; readonly cat: string },
  started: (pid: number) => void
): Promise<void> => {
  const tie = takeTie(held.place)
  try {
    // Blocking for `cat`: it is another description of the same FIFO.
    const stdin = openSync(`/proc/self/fd/${tie}`, constants.O_RDWR)
    const args = ["--user", "--map-root-user", "--net", "--", programs.cat]
    const ready = launch({ ...held, program: programs.unshare, args, stdin, ready: 1 }, started)
    closeSync(stdin)
    writeSync(tie, ".")
    await ready
  } finally {
    closeSync(tie)
  }
}

/** A descriptor that hangs up when the process that holds the namespace is gone: for `slirp4netns --exit-fd`. */
export const tieTo = (holder: number): number =>
  openSync(`/proc/${holder}/fd/0`, constants.O_RDONLY | constants.O_NONBLOCK)

export const subjectOf = (owner: string): string => parseOwner(owner)?.subject ?? owner
