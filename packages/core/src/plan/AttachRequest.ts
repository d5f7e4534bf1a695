import type { Protocol } from "../ops/NatElement.ts"
import type { Netns } from "../ops/Netns.ts"
import type { ProcessId } from "../ops/HostProbe.ts"
import type { BackendKind } from "./Attachment.ts"

/** Host ports to publish. `hostAddress: null` is every address of the host; `count` consecutive ports (1-1024). */
export interface PublishSpec {
  readonly protocol: Protocol
  readonly hostAddress: string | null
  readonly hostPort: number
  readonly guestPort: number
  readonly count: number
}

/** Where a guest may open connections to, beyond its own segment: anywhere outside, nowhere, or a list. */
export type EgressPolicy =
  | { readonly _tag: "Internet" }
  | { readonly _tag: "None" }
  | { readonly _tag: "Allow"; readonly rules: ReadonlyArray<EgressRule> }

export interface EgressRule {
  readonly destination: string
  readonly protocol?: Protocol
  readonly ports?: readonly [first: number, last: number]
}

export type ForwardingMode = "global" | "per-interface" | "require"

/** A network with every default filled in. Addresses dotted, the subnet in prefix form with no host bits set. */
export interface NetworkSpec {
  readonly network: string
  readonly backend: BackendKind
  readonly subnet: string
  readonly gateway: string
  readonly dns: ReadonlyArray<string>
  readonly mtu: number
  readonly addressing: "hash" | "lowest"
  /** Addresses and prefixes never given to a guest. */
  readonly exclude: ReadonlyArray<string>
  /** Guests of this network cannot reach one another. */
  readonly isolated: boolean
  /** Guests may open connections to the host. */
  readonly hostAccess: boolean
  /** Guests leave with the uplink's address; false where the network beyond routes the subnet back. */
  readonly masquerade: boolean
  /** Seconds before an address may serve another VM, as long as others are free. */
  readonly cooldown: number
  /** The prefix that the host's links to its guests are numbered from, where the subnet is not on a link itself. */
  readonly links?: string
  /** A bridge of somebody else's that the network is on: what the host has there is not in the network's way. */
  readonly bridge?: string
  /** Its addresses are never the host's: each guest has them in a namespace of its own, and they overlap nothing. */
  readonly inside?: true
  /** Settings that only the backend knows, checked by its section of the configuration's schema. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** One attach, complete: configuration and flags merged and validated, nothing left to guess. Plain JSON data. */
export interface AttachRequest {
  readonly vm: string
  readonly backend: BackendKind
  readonly network: NetworkSpec
  readonly forwarding: ForwardingMode
  readonly publish: ReadonlyArray<PublishSpec>
  readonly egress: EgressPolicy
  readonly address?: string
  readonly mac?: string
  /** The lease ends with this process. */
  readonly owner?: ProcessId
  /** Where the guest's end goes when it is a veth and not a TAP. */
  readonly target?: Netns
  readonly tapOwner?: { readonly uid: number; readonly gid?: number }
  /** Where each setting came from: `flag`, `vms.api`, `networks.web`, `file`, `host` (its resolvers), `default`. No part of what is asked for. */
  readonly origins?: Readonly<Record<string, string>>
}
