import type { OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { lstatSync, readdirSync } from "node:fs"
import { type Attempt, ofSystemError } from "../errors/opsErrors.ts"

/** Where `ip netns` keeps its names. */
export const pathOfName = (name: string): string => `/run/netns/${name}`

/** What stands under the name of a namespace itself; a symbolic link is not what it leads to. */
export type NameKind = "absent" | "symlink" | "file"

export const kindOfName = (name: string, attempt: Attempt): Effect.Effect<NameKind, OpsError> =>
  Effect.try({
    try: () => {
      const stats = lstatSync(pathOfName(name), { throwIfNoEntry: false })
      if (stats === undefined) return "absent"
      return stats.isSymbolicLink() ? "symlink" : "file"
    },
    catch: (cause) => ofSystemError(attempt, cause)
  })

/** The directory is there from the first `ip netns add` after the boot. */
export const listNames: Effect.Effect<ReadonlyArray<string>, OpsError> = Effect.try({
  try: () => (lstatSync(pathOfName(""), { throwIfNoEntry: false }) === undefined ? [] : readdirSync(pathOfName(""))),
  catch: (cause) => ofSystemError({ family: "link", action: "list namespaces" }, cause)
})
