import { type FoundNetns, namedNetns, type OpsError } from "@vmnet/core"
import { type Attempt, isFileName, kindOfName } from "@vmnet/ops-common"
import { Effect } from "effect"
import type { PlacesOpen } from "../netns/Places.ts"
import { onLinks } from "./onLinks.ts"
import { decodeLink } from "./decodeLink.ts"
import { getLink } from "./encodeLink.ts"
import type { Rtnetlink } from "./Rtnetlink.ts"

const nothingBehind: FoundNetns = { alias: null }

/**
 * The file was there when it was looked at, but is no namespace one could enter: nothing is mounted on it, or a namespace
 * of another kind, or it has gone since.
 */
const isNoNetns = ({ family, reason }: OpsError): boolean =>
  family === "netns" && (reason === "Missing" || reason === "Invalid")

const loopbackAlias = (links: Rtnetlink): FoundNetns => {
  const message = links.get(getLink({ link: "lo" }))
  return { alias: (message === undefined ? undefined : decodeLink(message))?.alias ?? "" }
}

const findOne = Effect.fnUntraced(function* (places: PlacesOpen, name: string) {
  if (!isFileName(name)) return null
  const attempt: Attempt = { family: "link", action: `find netns ${name}` }
  const kind = yield* kindOfName(name, attempt)
  if (kind !== "file") return kind === "absent" ? null : nothingBehind
  return yield* onLinks(places, namedNetns(name), attempt, loopbackAlias).pipe(
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
  places: PlacesOpen,
  names: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<FoundNetns | null>, OpsError> => Effect.forEach(names, (name) => findOne(places, name))
