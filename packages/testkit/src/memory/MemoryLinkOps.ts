import { LinkOps, describeLinkChange, netnsKey } from "@vmnet/core"
import { applyLinkChange } from "./applyLinkChange.ts"
import { configuredOn, linkSnapshot, linkView } from "./linkView.ts"
import { findNetns, netnsNames } from "./namedNetns.ts"
import { attempting, operation } from "./Refusal.ts"
import type { World } from "./World.ts"

/** `LinkOps` over the in-memory world. */
export const memoryLinkOps = (world: World): LinkOps["Service"] =>
  LinkOps.of({
    apply: (netns, changes) =>
      operation({ family: "link", action: `change links of ${netnsKey(netns)}` }, () => {
        world.checkPermission()
        const namespace = world.resolve(netns)
        for (const [index, change] of changes.entries()) {
          const attempt = { family: "link", action: describeLinkChange(change), index } as const
          attempting(attempt, () => applyLinkChange(world, namespace, change))
        }
      }),
    find: (netns, names) =>
      operation({ family: "link", action: `find links ${names.join(", ")}` }, () => {
        const { links } = world.resolve(netns)
        return names.map((name) => {
          const found = links.get(name)
          return found === undefined ? null : linkView(found)
        })
      }),
    findNetns: (names) =>
      operation({ family: "link", action: `find namespaces ${names.join(", ")}` }, () =>
        names.map((name) => findNetns(world, name))
      ),
    netnsNames: operation({ family: "link", action: "list namespaces" }, () => netnsNames(world)),
    configuredOn: (netns, names) =>
      operation({ family: "link", action: `list what is configured on ${names.join(", ")}` }, () => {
        const namespace = world.resolve(netns)
        return names.map((name) => configuredOn(namespace, name))
      }),
    snapshot: (netns) =>
      operation({ family: "link", action: `list links of ${netnsKey(netns)}` }, () =>
        linkSnapshot(world.resolve(netns))
      )
  })
