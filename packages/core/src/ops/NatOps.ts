import { Context, type Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { NatElement } from "./NatElement.ts"
import type { Netns } from "./Netns.ts"

/**
 * One change of the firewall layout. `AddLayout` creates the tables, sets and chains of `install` and fails with
 * `Exists` when they are there; `DeleteLayout` removes them whole. `AddElement` fails with `Exists` when the key is
 * taken, `DeleteElement` with `Missing` when it is not there. `RestoreLayout` makes what is missing of a layout and fills
 * its chains anew, and leaves elements and base chains alone: packets meet either the old rules or the new ones.
 * `RestoreElement` makes an element of `owner` exactly what it is to be out of whatever of it is there, the rules of a slot
 * with it, and fails with `Exists` where a part of it is somebody else's. `RemoveElement` deletes what of an
 * element is there and `owner`'s, be it nothing (of a `Slot` it is what `DeleteElement` is). A `Slot` comes and goes with the table it needs: it is the
 * one element of a namespace without layout (`Exists` where there is one, or another slot; any other element is `Missing`
 * its sets there). It is deleted only as exactly what it is.
 */
export type NatChange =
  | { readonly _tag: "AddLayout" }
  | { readonly _tag: "DeleteLayout" }
  | { readonly _tag: "RestoreLayout" }
  | { readonly _tag: "RestoreElement"; readonly element: NatElement; readonly owner: string }
  | { readonly _tag: "AddElement"; readonly element: NatElement; readonly owner: string }
  | { readonly _tag: "DeleteElement"; readonly element: NatElement }
  | { readonly _tag: "RemoveElement"; readonly element: NatElement; readonly owner: string }

/**
 * What is found under an element's key: nothing, exactly it, or something else (`partial` for half of a range); `stranger`
 * is what a part of it carries that is of another owner.
 */
export type NatFinding =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Present"; readonly owner: string }
  | { readonly _tag: "Different"; readonly owner: string; readonly detail: string; readonly stranger?: string }

export interface NatSnapshot {
  /** Whether the layout, or the rules of a slot, are there, complete: `altered` when somebody changed them. */
  readonly layout: "absent" | "present" | "altered"
  readonly elements: ReadonlyArray<{ readonly element: NatElement; readonly owner: string }>
}

/**
 * NAT and policy of a namespace, in tables that belong to one install of vmnet and to nobody else.
 *
 * `apply` is one atomic transaction: everything or nothing (an error may still have been applied: read back).
 * `find` looks the given elements up directly by key, one finding for each; `snapshot` lists everything.
 */
export class NatOps extends Context.Service<
  NatOps,
  {
    readonly apply: (netns: Netns, changes: ReadonlyArray<NatChange>) => Effect.Effect<void, OpsError>
    readonly find: (
      netns: Netns,
      elements: ReadonlyArray<NatElement>
    ) => Effect.Effect<ReadonlyArray<NatFinding>, OpsError>
    readonly snapshot: (netns: Netns) => Effect.Effect<NatSnapshot, OpsError>
  }
>()("@vmnet/core/NatOps") {}

export const describeNatChange = (change: NatChange, key: (element: NatElement) => string): string => {
  switch (change._tag) {
    case "AddLayout":
      return "add firewall layout"
    case "DeleteLayout":
      return "delete firewall layout"
    case "RestoreLayout":
      return "restore firewall layout"
    case "RestoreElement":
      return `restore ${key(change.element)}`
    case "AddElement":
      return `add ${key(change.element)}`
    case "DeleteElement":
    case "RemoveElement":
      return `delete ${key(change.element)}`
  }
}
