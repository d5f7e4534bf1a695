/**
 * What tests of a firewall are written with: `natFixtures.add(natFixtures.segment())`.
 *
 * @module
 */
import { type NatChange, type NatElement, NatOps, type Netns } from "@vmnet/core"

export { egress, guest, install, otherOwner, owner, publish, segment, slot, table } from "./natElements.ts"
export { add, addLayout, deleteLayout, remove } from "./natIn.ts"

export const applyIn = (netns: Netns, ...changes: ReadonlyArray<NatChange>) =>
  NatOps.use((nat) => nat.apply(netns, changes))

export const findIn = (netns: Netns, ...elements: ReadonlyArray<NatElement>) =>
  NatOps.use((nat) => nat.find(netns, elements))

export const snapshotOf = (netns: Netns) => NatOps.use((nat) => nat.snapshot(netns))
