import { readFileSync } from "node:fs"

/** A line of proc_pid_mountinfo(5). */
export interface MountEntry {
  readonly id: number
  readonly parent: number
  /** The file system, as `major:minor`; not always what stat(2) says of its files (btrfs). */
  readonly device: string
  /** What of the file system is mounted: a path from its root. Ends with `//deleted` when it has been unlinked. */
  readonly root: string
  readonly point: string
  readonly options: ReadonlySet<string>
  /** Whether mounts on it reach other mounts, or those of others reach it. */
  readonly propagates: boolean
}

/** Space, tab, line break and backslash are there as three octal digits; any byte of a path may be, and UTF-8 is many. */
const unescape = (text: string): string =>
  Buffer.from(
    text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8))),
    "latin1"
  ).toString("utf8")

const parseLine = (line: string): MountEntry | undefined => {
  const fields = line.split(" ")
  const [id, parent, device, root, point, options] = fields
  const end = fields.indexOf("-")
  if (options === undefined || end === -1) return undefined
  return {
    id: Number(id),
    parent: Number(parent),
    device: device!,
    root: unescape(root!),
    point: unescape(point!),
    options: new Set(options.split(",")),
    propagates: fields.slice(6, end).some((tag) => /^(shared|master):/.test(tag))
  }
}

export const parseMountinfo = (text: string): ReadonlyArray<MountEntry> =>
  text.split("\n").flatMap((line) => {
    const entry = parseLine(line)
    return entry === undefined ? [] : [entry]
  })

/** The mounts of a process's mount namespace. Read as bytes: names are whatever they are. */
export const mountsOf = (pid: number | "self"): ReadonlyArray<MountEntry> =>
  parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, "latin1"))

/** The mount that an open file is on (proc_pid_fdinfo(5)), by its id in mountinfo. */
export const mountIdOf = (fd: number): number =>
  Number(/^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? Number.NaN)
