import type { Netns } from "@vmnet/core"
import { Context, type Effect, type Scope } from "effect"

/** A link that vmnet did not make: `ip link add $link type bridge`, then `ip link set $link alias $alias`. */
export interface PlantedLink {
  readonly link: string
  readonly alias?: string
}

/** An entry of a set or map of the firewall layout, as `nft add element` takes it: key parts in plain text. */
export interface PlantedNatEntry {
  readonly set:
    | "segments"
    | "pairs"
    | "masqueraded"
    | "live"
    | "publish"
    | "publish_marks"
    | "generations"
    | "slot_guests"
    | "slot_links"
    | "slot_uplinks"
    | "slot_snat"
    | "slot_dnat"
  readonly key: ReadonlyArray<string>
  readonly value?: ReadonlyArray<string>
  readonly comment?: string
}

/** A process that lives in a namespace. `end` returns when it is gone. */
export interface NetnsProcess {
  readonly netns: Extract<Netns, { readonly _tag: "Process" }>
  readonly end: Effect.Effect<void>
}

/**
 * What the suites need besides the service they test: namespaces to work in, and hands to do there what others do.
 * Whoever runs a suite provides it; nothing in it may use the implementation under test.
 */
export class KernelFixture extends Context.Service<
  KernelFixture,
  {
    /** A fresh, empty namespace that goes with the scope; a new one at every use. */
    readonly netns: Effect.Effect<Netns, never, Scope.Scope>
    /** A name that `ip netns` does not know yet; whatever is there when the scope ends goes with it. */
    readonly netnsName: Effect.Effect<string, never, Scope.Scope>
    /**
     * Takes a name: `netns` is `ip netns add`, by somebody who tags nothing; `file` what is left of it when it ends before
     * the namespace is mounted; `symlink` a symbolic link to `/run/netns/$target`.
     */
    readonly plantNetns: (name: string, what: "netns" | "file" | { readonly symlink: string }) => Effect.Effect<void>
    /** A process inside `netns`, ended with the scope at the latest. */
    readonly process: (netns: Netns) => Effect.Effect<NetnsProcess, never, Scope.Scope>
    /** A process that has a TAP of `netns` open and is in another namespace itself: the descriptor was passed to it. */
    readonly openTap: (
      netns: Netns,
      link: string
    ) => Effect.Effect<{ readonly end: Effect.Effect<void> }, never, Scope.Scope>
    readonly plantLink: (netns: Netns, link: PlantedLink) => Effect.Effect<void>
    readonly plantNatEntry: (netns: Netns, entry: PlantedNatEntry) => Effect.Effect<void>
    readonly deleteNatEntry: (netns: Netns, entry: PlantedNatEntry) => Effect.Effect<void>
    /** Empties a chain of the layout, or of the slot: `nft flush chain ... forward`. */
    readonly damageLayout: (netns: Netns) => Effect.Effect<void>
  }
>()("@vmnet/testkit/KernelFixture") {}
