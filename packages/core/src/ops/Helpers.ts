import { Context, type Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { ProcessId } from "./HostProbe.ts"
import type { Protocol } from "./NatElement.ts"

/** The programs that are run for a VM and live as long as it does. */
export type HelperName = "namespace" | "slirp4netns" | "pasta"

/** A helper by name, of one generation of one VM: `owner` is its tag, `vmnet:<install>:<vm>:<generation>`. */
export interface HelperKey {
  readonly helper: HelperName
  readonly owner: string
}

/** Ports of the host that a user-mode network answers: `count` from `hostPort` on become as many from `guestPort` on. */
export interface PortForward {
  readonly protocol: Protocol
  /** Dotted; `0.0.0.0` is every address of the host. */
  readonly hostAddress: string
  readonly hostPort: number
  readonly guestAddress: string
  readonly guestPort: number
  readonly count: number
}

/** What a helper is to do. All but `namespace` need the VM's `namespace` running. */
export type HelperSpec = NamespaceSpec | Slirp4netnsSpec | PastaSpec

/**
 * `unshare --user --map-root-user --net cat`: holds a user namespace, in which whoever starts it is root, and a network
 * namespace of it.
 */
export interface NamespaceSpec {
  readonly helper: "namespace"
}

/** What every user-mode network has: the TAP in the VM's namespace it speaks Ethernet on, and who is there. */
interface UserNetwork {
  readonly link: string
  readonly mtu: number
  /** In prefix form. The host's side of it is .2, its resolver .3 (slirp4netns(1)). */
  readonly subnet: string
  /** The namespace's own address on the link, behind which the guest is. */
  readonly guestAddress: string
  /** Whether services on the host's 127.0.0.1 are reached at the host's side of the subnet. */
  readonly hostLoopback: boolean
}

/** slirp4netns(1). Its forwards come and go while it runs. */
export interface Slirp4netnsSpec extends UserNetwork {
  readonly helper: "slirp4netns"
}

/** pasta(1). Its forwards are those it was started with. */
export interface PastaSpec extends UserNetwork {
  readonly helper: "pasta"
  readonly forwards: ReadonlyArray<PortForward>
}

/** `Ended` is a helper that was started and runs no more; files of it are left. `reason` is one line. */
export type HelperFinding =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Running"; readonly process: ProcessId }
  | { readonly _tag: "Ended"; readonly reason: string }

export type ForwardChange =
  | { readonly _tag: "AddForward"; readonly forward: PortForward }
  | { readonly _tag: "DeleteForward"; readonly forward: PortForward }

/**
 * Long-lived processes of ours. They outlive whoever starts them, and are known again by pid, start time, boot and the
 * tag in their environment or arguments: a pid that is somebody else's by now is never signalled.
 *
 * - `check` fails with what stops these helpers from working on this host at all: `ToolMissing` or `Unsupported`
 * - `start` is done when the helper does its work; `Exists` when it was started before and not stopped
 * - `stop` is done when the process is gone, with its files; `Missing` when there is neither
 * - `forward` adds or deletes all of a range or nothing; `Exists` when the host's port is taken, `Denied` when this user
 *   may not have it, `Unsupported` when the helper cannot do it while it runs
 * - `forwards` lists single ports; none when the helper is not running
 * - `list` gives the helpers that carry a tag of an install: processes that run, and files of those that do no more
 */
export class Helpers extends Context.Service<
  Helpers,
  {
    readonly check: (helpers: ReadonlyArray<HelperName>) => Effect.Effect<void, OpsError>
    readonly start: (owner: string, spec: HelperSpec) => Effect.Effect<ProcessId, OpsError>
    readonly find: (key: HelperKey) => Effect.Effect<HelperFinding, OpsError>
    readonly stop: (key: HelperKey) => Effect.Effect<void, OpsError>
    readonly forward: (key: HelperKey, change: ForwardChange) => Effect.Effect<void, OpsError>
    readonly forwards: (key: HelperKey) => Effect.Effect<ReadonlyArray<PortForward>, OpsError>
    readonly list: (install: string) => Effect.Effect<ReadonlyArray<HelperKey>, OpsError>
  }
>()("@vmnet/core/Helpers") {}

/** `127.0.0.1:8080-8081/tcp`: the words for a forward, and what makes it one among a VM's. */
export const forwardKey = ({ protocol, hostAddress, hostPort, count }: PortForward): string =>
  `${hostAddress}:${hostPort}${count === 1 ? "" : `-${hostPort + count - 1}`}/${protocol}`

/** The ports of a range one by one. */
export const singlePorts = (forward: PortForward): ReadonlyArray<PortForward> =>
  Array.from({ length: forward.count }, (_, offset) => ({
    ...forward,
    hostPort: forward.hostPort + offset,
    guestPort: forward.guestPort + offset,
    count: 1
  }))
