/**
 * A network namespace as data. `Host` is the one vmnet runs in. A process is named with its start time (field 22 of
 * `/proc/PID/stat`, see proc(5)), so that a recycled pid is never taken for it.
 */
export type Netns =
  | { readonly _tag: "Host" }
  | { readonly _tag: "Path"; readonly path: string }
  | { readonly _tag: "Process"; readonly pid: number; readonly startTime: string }

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
  }
}
