import type { MountFinding, ResolverMount } from "@vmnet/core"
import { inhabitant, markOf, mountsThere, oursAmong } from "./ours.ts"
import { type MountEntry, mountsOf } from "./mountinfo.ts"
import { hasDirectory } from "./resolverFile.ts"
import { ownNamespace } from "./rootfs.ts"

/** What a resolver file is closed with: nobody writes to it through the guest, and it is nothing but text. */
export const flags = ["ro", "nosuid", "nodev", "noexec"] as const

/** What a mount lacks, in words; `undefined` when it is closed as it must be. */
export const openness = ({ options, propagates }: MountEntry): string | undefined => {
  const missing = flags.filter((flag) => !options.has(flag))
  if (missing.length > 0) return `it is not ${missing.join(", ")}`
  return propagates ? "what is mounted on it reaches other mounts" : undefined
}

/** A mount on top of this one. */
export const coverOf = (entry: MountEntry, all: ReadonlyArray<MountEntry>): MountEntry | undefined =>
  all.find(({ parent }) => parent === entry.id)

export const coveredAt = ({ point }: MountEntry): string =>
  `another mount lies on top of it at ${JSON.stringify(point)}`

const elsewhere = (mount: ResolverMount): MountFinding | undefined => {
  const { namespace } = mount.rootfs
  if (namespace === ownNamespace()) return undefined
  const pid = inhabitant(namespace)
  if (pid === undefined || oursAmong(markOf(mount), mountsThere(pid)).length === 0) return undefined
  return { _tag: "Elsewhere", detail: `in another mount namespace, ${namespace}, where process ${pid} lives` }
}

/** What there is of a mount: first what the kernel says is mounted, then what lies in the state directory. */
export const findMount = (mount: ResolverMount): MountFinding => {
  const all = mountsOf("self")
  const ours = oursAmong(markOf(mount), all)
  const covered = ours.find((entry) => coverOf(entry, all) !== undefined)
  if (covered !== undefined) return { _tag: "Covered", detail: coveredAt(covered) }
  const away = elsewhere(mount)
  if (away !== undefined) return away
  const atPlace = ours.filter(({ point }) => point !== `${mount.directory}/resolv.conf`)
  if (atPlace.length > 0) {
    // Where mounts reach other places there is one in each of them, and those are not private.
    const open = atPlace.map(openness)
    return open.includes(undefined) ? { _tag: "Present" } : { _tag: "Partial", detail: open[0]! }
  }
  return ours.length > 0 || hasDirectory(mount) ? { _tag: "Partial", detail: "it is not mounted" } : { _tag: "Absent" }
}
