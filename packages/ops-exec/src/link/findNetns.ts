import { type Commands, type FoundNetns, namedNetns, type OpsError } from "@vmnet/core"
import { type Attempt, isFileName, kindOfName } from "@vmnet/ops-common"
import { Effect } from "effect"
import { findLinks } from "./findLinks.ts"

const maxConcurrent = 8

const nothingBehind: FoundNetns = { alias: null }

/**
 * The file was there when it was looked at, but is no namespace one could enter: nothing is mounted on it, or a namespace
 * of another kind, or it has gone since.
 */
const isNoNetns = ({ family, reason }: OpsError): boolean =>
  family === "netns" && (reason === "Missing" || reason === "Invalid")

const findOne = Effect.fnUntraced(function* (commands: Commands["Service"], name: string) {
  if (!isFileName(name)) return null
  const attempt: Attempt = { family: "link", action: `find netns ${name}` }
  const kind = yield* kindOfName(name, attempt)
  if (kind !== "file") return kind === "absent" ? null : nothingBehind
  return yield* findLinks(commands, namedNetns(name), ["lo"]).pipe(
    Effect.map(([lo]): FoundNetns => ({ alias: lo?.alias ?? "" })),
    Effect.catchIf(isNoNetns, () =>
      Effect.map(kindOfName(name, attempt), (now) => (now === "absent" ? null : nothingBehind))
    )
  )
})

/**
 * Looks namespaces up by name, `null` for names that are not taken. The alias is read inside the namespace. A name that
 * leads somewhere else by a symbolic link was not made by `ip netns`, and is not followed.
 */
export const findNetns = (
  commands: Commands["Service"],
  names: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<FoundNetns | null>, OpsError> =>
  Effect.forEach(names, (name) => findOne(commands, name), { concurrency: maxConcurrent })
