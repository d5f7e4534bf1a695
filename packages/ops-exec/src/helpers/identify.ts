import type { HelperFinding, HelperKey } from "@vmnet/core"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pidFile, type Place } from "./place.ts"
import { readRecord } from "./record.ts"
import { searchTagged, tagged } from "./tag.ts"

export const readBootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()

/** What slirp4netns says of every request, and of itself once it is ready: no reason to end. */
const chatter = /^(apifd event|api_handler: |sent tapfd|received tapfd|Starting slirp|\* )/

const lastWords = ({ log }: Place): string => {
  try {
    const lines = readFileSync(log, "utf8").slice(-4096).trim().split("\n")
    return lines.findLast((line) => !chatter.test(line)) ?? ""
  } catch {
    return ""
  }
}

const ended = (place: Place, helper: string): HelperFinding => {
  const words = lastWords(place)
  return { _tag: "Ended", reason: `${helper} has ended${words === "" ? "" : `; it said last: ${words.slice(0, 200)}`}` }
}

/**
 * The first helper of a VM makes their directory before it has a record: what is left of that is the first one's too. So is
 * the directory of all helpers, should there be none in it: whoever made it, or took the last one away, has died over it.
 */
const isBegun = ({ directory }: Place, { helper }: HelperKey): boolean =>
  helper === "namespace" && (existsSync(directory) || isEmpty(join(directory, "..")))

const isEmpty = (directory: string): boolean => {
  try {
    return readdirSync(directory).length === 0
  } catch {
    // Nobody has helpers, or the last one has just gone.
    return false
  }
}

/**
 * What there is of a helper now. Its record is believed only as far as the process bears it out: start time, boot and tag
 * must agree. Where the record says nothing of a process, the processes themselves are asked.
 */
export const identify = (place: Place, key: HelperKey, bootId: string): HelperFinding => {
  const argument = pidFile(place, key.helper)
  const recorded = readRecord(place)
  if (recorded._tag === "Process") {
    if (recorded.owner !== key.owner) return { _tag: "Absent" }
    const now = tagged(recorded.process.pid, key, argument, bootId)
    const same = now?.startTime === recorded.process.startTime && recorded.process.bootId === bootId
    if (now !== undefined && same) return { _tag: "Running", process: now }
  }
  const found = searchTagged(key, argument, bootId, dirname(dirname(place.directory)))
  if (found !== undefined) return { _tag: "Running", process: found }
  return recorded._tag === "None" && !isBegun(place, key) ? { _tag: "Absent" } : ended(place, key.helper)
}
