import type { ProcessId } from "../ops/HostProbe.ts"

/** What stands on the command line of `up`, unread. */
export interface RequestFlags {
  readonly vm: string
  readonly backend?: string | undefined
  readonly network?: string | undefined
  readonly publish: ReadonlyArray<string>
  readonly ip?: string | undefined
  readonly mac?: string | undefined
  readonly slot?: string | undefined
  readonly ownerPid?: string | undefined
  readonly netns?: string | undefined
  readonly pid?: string | undefined
  readonly tapOwner?: string | undefined
  readonly egress: ReadonlyArray<string>
}

/** The few things about the host that a request depends on. */
export interface RequestFacts {
  /** The running process of a pid (`HostProbe.find`). */
  readonly findProcess: (pid: number) => ProcessId | null
  /** The host's own resolvers that a guest could use (`HostProbe.resolvers`). */
  readonly resolvers: ReadonlyArray<string>
}
