import type { Vitest } from "@effect/vitest"
import { MountOps, type ResolverMount } from "@vmnet/core"
import { Effect } from "effect"
import { MountFixture, type RootfsShape } from "./MountFixture.ts"

export type MountTests = Vitest.MethodsNonLive<MountOps | MountFixture>

/** A mount that can be made in a rootfs of its own. */
export const planned = Effect.fnUntraced(function* (shape: RootfsShape = {}, content = "nameserver 198.51.100.53\n") {
  const { rootfs } = yield* MountOps
  const fixture = yield* MountFixture
  const found = yield* rootfs(yield* fixture.rootfs(shape))
  return { rootfs: found, directory: yield* fixture.directory, content } satisfies ResolverMount
})
