import { assert } from "@effect/vitest"
import { type LinkChange, LinkOps, type OpsError, describeLinkChange } from "@vmnet/core"
import { Effect } from "effect"
import { MemoryKernel } from "../memory/MemoryKernel.ts"
import { type ObservedLinks, comparableLinks } from "../memory/ObservedNamespace.ts"
import { type LinkTests, inNetns } from "./inNetns.ts"
import { address, bridge, tap, up } from "./linkChanges.ts"
import { randomChange, randomNumbers } from "./randomChanges.ts"

const words = (change: LinkChange): string => {
  const via = "via" in change ? ` via ${change.via}` : ""
  return `${describeLinkChange(change)}${via}`
}

/** What a change did: how it ended, and the links of this suite with all that hangs on them. */
const outcome = (links: LinkOps["Service"], netns: Parameters<LinkOps["Service"]["apply"]>[0], change: LinkChange) =>
  Effect.gen(function* () {
    const ended = yield* links
      .apply(netns, [change])
      .pipe(Effect.match({ onSuccess: () => "done", onFailure: (error: OpsError) => error.reason }))
    const seen: ObservedLinks = comparableLinks(yield* links.snapshot(netns))
    return { ended, ...seen, links: seen.links.filter(({ link }) => link.startsWith("vm")) }
  })

/** Something to work on, so that not every change is refused for want of a link. */
const beginning = [bridge("vma"), up("vma"), address("vma", "10.0.1.1/24"), tap("vmb"), up("vmb")]

/** Histories nobody thought of: the implementation and the kernel in memory must agree after every change. */
export const linkHistories = (it: LinkTests): void => {
  for (let seed = 1; seed <= 5; seed++) {
    it.effect(
      `history ${seed} of forty changes leads where it leads in memory`,
      inNetns(
        Effect.fn(function* (netns) {
          const kernel = MemoryKernel.make()
          const place = kernel.addNetns("/run/netns/history")
          const memory = yield* Effect.provide(LinkOps, kernel.layer)
          const links = yield* LinkOps
          const [here, there] = [randomNumbers(seed), randomNumbers(seed)]
          const history: Array<string> = []
          for (let step = 0; step < 40; step++) {
            const change = beginning[step] ?? randomChange(netns, here)
            history.push(words(change))
            const expected = yield* outcome(memory, place, beginning[step] ?? randomChange(place, there))
            assert.deepStrictEqual(yield* outcome(links, netns, change), expected, history.join("\n"))
          }
        })
      )
    )
  }
}
