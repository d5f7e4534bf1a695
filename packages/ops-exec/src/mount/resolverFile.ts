import type { ResolverMount } from "@vmnet/core"
import {
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync
} from "node:fs"
import { isMissing } from "./beneath.ts"

const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

export const fileOf = ({ directory }: ResolverMount): string => `${directory}/resolv.conf`
const draftOf = (mount: ResolverMount): string => `${fileOf(mount)}.tmp`
/** What is known of a file that we made in the rootfs to mount on: see `mountPoint.ts`. */
export const recordOf = ({ directory }: ResolverMount): string => `${directory}/mount-point`

/** Whole or not there, under a name that the guest's users may read: the directory keeps everybody else out. */
const writeWhole = (mount: ResolverMount): void => {
  const fd = openSync(draftOf(mount), create, 0o600)
  try {
    writeFileSync(fd, mount.content)
    fchmodSync(fd, 0o644)
  } finally {
    closeSync(fd)
  }
  renameSync(draftOf(mount), fileOf(mount))
}

/** Makes the mount's directory, which must not be there, and the file in it. */
export const writeResolverFile = (mount: ResolverMount): void => {
  mkdirSync(mount.directory, { mode: 0o700 })
  writeWhole(mount)
}

export const hasDirectory = ({ directory }: ResolverMount): boolean =>
  lstatSync(directory, { throwIfNoEntry: false }) !== undefined

/** Whether the file is what was written: somebody may have had it open for writing before it was closed to the guest. */
export const isIntact = (mount: ResolverMount): boolean => readFileSync(fileOf(mount), "utf8") === mount.content

const ifAny = (remove: () => void): void => {
  try {
    remove()
  } catch (cause) {
    if (!isMissing(cause)) throw cause
  }
}

/** Takes away what we make in the directory, and it; anything else that lies in it keeps it. */
export const removeDirectory = (mount: ResolverMount): void => {
  for (const path of [draftOf(mount), fileOf(mount), recordOf(mount)]) ifAny(() => unlinkSync(path))
  ifAny(() => rmdirSync(mount.directory))
}
