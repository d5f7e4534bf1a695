import { parseOwner } from "../names/Owner.ts"

/**
 * A network namespace as data. `Host` is the one vmnet runs in. A process is named with its start time (field 22 of
 * `/proc/PID/stat`, see proc(5)), so that a recycled pid is never taken for it; with `user` its network namespace belongs
 * to a user namespace of its own, which is entered first.
 *
 * `Helper` is the namespace that the `namespace` helper of a VM's generation holds, by the tag of that: plans name it
 * before there is a process. Operations on the kernel are given the process (see `resource/helperNetns.ts`).
 */
export type Netns =
  | { readonly _tag: "Host" }
  | { readonly _tag: "Path"; readonly path: string }
  | { readonly _tag: "Process"; readonly pid: number; readonly startTime: string; readonly user?: true }
  | { readonly _tag: "Helper"; readonly owner: string }

export const hostNetns: Netns = { _tag: "Host" }

/** A namespace that `ip netns` knows by name. */
export const namedNetns = (name: string): Netns => ({ _tag: "Path", path: `/run/netns/${name}` })

/** A text that two values share exactly when they name the same namespace; used as a key and in messages. */
export const netnsKey = (netns: Netns): string => {
  switch (netns._tag) {
    case "Host":
      return "host"
    case "Path":
      return netns.path
    case "Process":
      return `pid ${netns.pid}/${netns.startTime}`
    case "Helper":
      return helperNetnsKey(netns.owner)
  }
}

/** `namespace of vm1/3`: VM and generation, for there is one install to a ledger. */
const helperNetnsKey = (owner: string): string => {
  const tag = parseOwner(owner)
  return `namespace of ${tag === undefined ? owner : `${tag.subject}/${tag.generation}`}`
}

/** The file that stands for a namespace, as an attachment names it; null is the host's own. */
export const netnsPath = (netns: Netns): string | null => {
  switch (netns._tag) {
    case "Host":
      return null
    case "Path":
      return netns.path
    case "Process":
      return `/proc/${netns.pid}/ns/net`
    case "Helper":
      return helperNetnsKey(netns.owner)
  }
}
