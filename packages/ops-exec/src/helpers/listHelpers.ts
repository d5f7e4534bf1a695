import { type HelperKey, parseOwner } from "@vmnet/core"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import type { HelperContext } from "./context.ts"
import { identify } from "./identify.ts"
import { helperNames, placeOf } from "./place.ts"
import { readRecord } from "./record.ts"
import { ownersRunning } from "./tag.ts"

const namesIn = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return []
    throw cause
  }
}

/** Whose helpers have a record below the state directory, running or not. */
const ownersRecorded = (stateDir: string): ReadonlyArray<string> =>
  namesIn(join(stateDir, "helpers")).flatMap((vm) =>
    helperNames.flatMap((helper) => {
      const recorded = readRecord(placeOf(stateDir, { helper, owner: `vmnet:00000000:${vm}:0` }))
      return recorded._tag === "Process" ? [recorded.owner] : []
    })
  )

/** Helpers that carry a tag of the install. One whose own tag cannot be read is found by that of the namespace it is for. */
export const listHelpers = ({ bootId, stateDir }: HelperContext, install: string): ReadonlyArray<HelperKey> => {
  const owners = new Set([...ownersRunning(stateDir), ...ownersRecorded(stateDir)])
  return [...owners]
    .filter((owner) => parseOwner(owner)?.install === install)
    .flatMap((owner) => helperNames.map((helper): HelperKey => ({ owner, helper })))
    .filter((key) => identify(placeOf(stateDir, key), key, bootId)._tag !== "Absent")
}
