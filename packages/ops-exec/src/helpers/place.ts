import { type HelperKey, type HelperName, parseOwner } from "@vmnet/core"
import { lstatSync, mkdirSync, rmdirSync, rmSync } from "node:fs"
import { join } from "node:path"

/** Where the files of helpers are: `<stateDir>/helpers/<vm>/`, gone with the last helper of the VM. */
export interface Place {
  readonly directory: string
  /** The helper's record, which is there from before its process until after it. */
  readonly record: string
  /** What it has to say; a file, because a pipe that nobody reads any more would be the end of it. */
  readonly log: string
}

const filesOf: Readonly<Record<HelperName, ReadonlyArray<string>>> = {
  namespace: ["tie"],
  slirp4netns: ["slirp4netns.sock"],
  pasta: []
}

export const helperNames: ReadonlyArray<HelperName> = ["namespace", "slirp4netns", "pasta"]

/** slirp4netns and whoever talks to it name the socket relative to a directory: a whole path may be too long for one. */
export const socketName = "slirp4netns.sock"

export const tieName = "tie"

export const placeOf = (stateDir: string, { owner, helper }: HelperKey): Place => {
  const directory = join(stateDir, "helpers", parseOwner(owner)?.subject ?? "unknown")
  return { directory, record: join(directory, `${helper}.json`), log: join(directory, `${helper}.log`) }
}

/** 0700 from birth. Another process may remove an empty one at any moment, so it is made again as often as needed. */
export const makeDirectory = ({ directory }: Place): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const stat = lstatSync(directory)
  if (stat.isDirectory() && stat.uid === process.geteuid!() && (stat.mode & 0o077) === 0) return
  throw Object.assign(new Error(`${directory} is not a directory that only this user can enter`), { code: "EPERM" })
}

/** The record last: as long as it is there, something may be left. */
export const removeFiles = (place: Place, { helper }: HelperKey): void => {
  for (const name of filesOf[helper]) rmSync(join(place.directory, name), { force: true })
  rmSync(pidFile(place, helper), { force: true })
  rmSync(place.log, { force: true })
  rmSync(place.record, { force: true })
  for (const directory of [place.directory, join(place.directory, "..")]) removeIfEmpty(directory)
}

export const pidFile = ({ directory }: Place, helper: HelperName): string => join(directory, `${helper}.pid`)

const removeIfEmpty = (directory: string): void => {
  try {
    rmdirSync(directory)
  } catch {
    // Another helper's files are in it, or it is gone.
  }
}
