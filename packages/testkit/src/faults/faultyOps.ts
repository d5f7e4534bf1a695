import {
  type LinkChange,
  LinkOps,
  type NatChange,
  NatOps,
  type NatElement,
  type Netns,
  OpsError,
  SysctlOps,
  describeLinkChange,
  describeNatChange,
  formatSysctlKey,
  natElementKey,
  netnsKey
} from "@vmnet/core"
import { type Layer, pipe } from "effect"
import type { Faults } from "./Faults.ts"
import { faultyCalls } from "./faultyCalls.ts"

const error =
  (family: OpsError["family"]) =>
  (action: string, index: number | undefined): OpsError =>
    new OpsError({
      family,
      reason: "Failed",
      action,
      output: "fault injected",
      ...(index === undefined ? {} : { index })
    })

const at = (netns: Netns, what: ReadonlyArray<string>): string => `${netnsKey(netns)}: ${what.join(", ")}`

/** `apply` is a batch that can fail between any two of its changes. */
export const faultyLinkOps = faultyCalls(LinkOps, {
  apply: {
    error: error("link"),
    words: (netns, changes) => at(netns, changes.map(describeLinkChange)),
    steps: (_, changes) => changes.length,
    slice: (from, to, netns, changes): [Netns, ReadonlyArray<LinkChange>] => [netns, changes.slice(from, to)]
  },
  find: { error: error("link"), words: at, steps: () => 0 },
  findNetns: { error: error("link"), words: (names) => names.join(", "), steps: () => 0 },
  netnsNames: { error: error("link"), words: () => "", steps: () => 0 },
  configuredOn: { error: error("link"), words: at, steps: () => 0 },
  snapshot: { error: error("link"), words: netnsKey, steps: () => 0 }
})

const natWords = (change: NatChange): string => describeNatChange(change, natElementKey)

/** `apply` is a transaction: all of it or nothing, whatever it fails with. */
export const faultyNatOps = faultyCalls(NatOps, {
  apply: { error: error("nat"), words: (netns, changes) => at(netns, changes.map(natWords)) },
  find: {
    error: error("nat"),
    words: (netns: Netns, elements: ReadonlyArray<NatElement>) => at(netns, elements.map(natElementKey)),
    steps: () => 0
  },
  snapshot: { error: error("nat"), words: netnsKey, steps: () => 0 }
})

export const faultySysctlOps = faultyCalls(SysctlOps, {
  read: { error: error("sysctl"), words: (netns, key) => at(netns, [formatSysctlKey(key)]), steps: () => 0 },
  write: { error: error("sysctl"), words: (netns, key, value) => at(netns, [`${formatSysctlKey(key)} = ${value}`]) },
  forwarding: { error: error("sysctl"), words: netnsKey, steps: () => 0 }
})

/** Links, firewall and parameters at once: `kernel.layer.pipe(faultyOps)`. */
export const faultyOps = <Out, E, In>(
  layer: Layer.Layer<Out | LinkOps | NatOps | SysctlOps, E, In>
): Layer.Layer<Out | LinkOps | NatOps | SysctlOps, E, In | Faults> =>
  pipe(layer, faultyLinkOps, faultyNatOps, faultySysctlOps)
