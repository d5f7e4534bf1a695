import type { Vitest } from "@effect/vitest"
import { LinkOps, type Netns } from "@vmnet/core"
import { Effect, type Scope } from "effect"
import { comparableLinks } from "../memory/ObservedNamespace.ts"
import { KernelFixture } from "./KernelFixture.ts"

export type LinkTests = Vitest.MethodsNonLive<LinkOps | KernelFixture>

/** Runs a test in a namespace of its own. */
export const inNetns =
  <A, E, R>(body: (netns: Netns) => Effect.Effect<A, E, R>) =>
  (): Effect.Effect<A, E, R | KernelFixture | Scope.Scope> =>
    KernelFixture.use((fixture) => Effect.flatMap(fixture.netns, body))

/** What a link test asks of its namespace, in few words. */
export const linksIn = Effect.fnUntraced(function* (netns: Netns) {
  const links = yield* LinkOps
  const apply = (...changes: Parameters<LinkOps["Service"]["apply"]>[1]) => links.apply(netns, changes)
  const find = (...names: ReadonlyArray<string>) => links.find(netns, names)
  /** The link, or null. */
  const one = (name: string) => Effect.map(find(name), ([link]) => link ?? null)
  const observe = Effect.map(links.snapshot(netns), comparableLinks)
  return { apply, find, one, observe }
})
