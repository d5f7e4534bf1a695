import { type NatChange, NatOps, describeNatChange, natElementKey, netnsKey } from "@vmnet/core"
import { checkComment } from "./checks.ts"
import { natElements } from "./natElements.ts"
import { natAbsences, natEntries } from "./natEntries.ts"
import { natFinding } from "./natFinding.ts"
import type { NatTables } from "./NatTables.ts"
import { attempting, operation, refuse } from "./Refusal.ts"
import type { World } from "./World.ts"

const applyNatChange = (tables: NatTables, change: NatChange): void => {
  switch (change._tag) {
    case "AddLayout":
      return tables.addLayout()
    case "DeleteLayout":
      return tables.deleteLayout()
    case "RestoreLayout":
      return tables.restoreLayout()
    case "RestoreElement":
      return restoreElement(tables, change)
    case "AddElement": {
      const comment = checkComment(change.owner)
      const entries = natEntries(change.element)
      if (change.element._tag === "Slot") tables.addSlotLayout()
      for (const entry of entries) tables.add({ ...entry, comment })
      return
    }
    case "DeleteElement":
      for (const entry of natEntries(change.element)) tables.delete(entry)
      if (change.element._tag === "Slot") tables.deleteSlotLayout()
      return
    case "RemoveElement":
      return removeElement(tables, change)
  }
}

/** Nothing of somebody else's is touched: where there is any, nothing of ours is either. */
const restoreElement = (
  tables: NatTables,
  { element, owner }: Extract<NatChange, { _tag: "RestoreElement" }>
): void => {
  if (element._tag === "Slot") tables.restoreSlotLayout()
  const comment = checkComment(owner)
  const entries = natEntries(element)
  for (const key of [...entries, ...natAbsences(element)]) {
    const found = tables.get(key)
    if (found === undefined) continue
    if (found.comment !== owner) refuse("Exists", `${key.set} ${key.key.join(" . ")} is another's`)
    tables.delete(key)
  }
  for (const entry of entries) tables.add({ ...entry, comment })
}

/** Somebody else's part stays. A slot has its table to itself: there is no part of it. */
const removeElement = (tables: NatTables, { element, owner }: Extract<NatChange, { _tag: "RemoveElement" }>): void => {
  if (element._tag === "Slot") return applyNatChange(tables, { _tag: "DeleteElement", element })
  const ours = [...natEntries(element), ...natAbsences(element)].filter((key) => tables.get(key)?.comment === owner)
  for (const key of ours) tables.delete(key)
}

/** `NatOps` over the in-memory world. */
export const memoryNatOps = (world: World): NatOps["Service"] =>
  NatOps.of({
    apply: (netns, changes) =>
      operation({ family: "nat", action: `change firewall of ${netnsKey(netns)}` }, () => {
        world.checkPermission()
        const { nat } = world.resolve(netns)
        nat.transaction(() => {
          for (const [index, change] of changes.entries()) {
            const action = describeNatChange(change, natElementKey)
            attempting({ family: "nat", action, index }, () => applyNatChange(nat, change))
          }
        })
      }),
    find: (netns, elements) =>
      operation({ family: "nat", action: `find ${elements.map(natElementKey).join(", ")}` }, () => {
        const { nat } = world.resolve(netns)
        return elements.map((element) => natFinding(nat, element))
      }),
    snapshot: (netns) =>
      operation({ family: "nat", action: `list firewall of ${netnsKey(netns)}` }, () => {
        const { nat } = world.resolve(netns)
        return { layout: nat.layout, elements: natElements(nat) }
      })
  })
