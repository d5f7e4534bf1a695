import { pathOfName } from "@vmnet/ops-common"
import { closeSync, constants, mkdirSync, openSync } from "node:fs"
import { errno, loadLibc } from "../ffi/foreign.ts"
import { refusedCall } from "./Refused.ts"

const directory = pathOfName("").replace(/\/$/, "")

/** sys/mount.h */
const MS_BIND = 0x1000
const MS_REC = 0x4000
const MS_SHARED = 0x10_0000
const EINVAL = 22
/** sys/file.h */
const LOCK_EX_NB = 6

const share = (): boolean => {
  if (loadLibc().mount("", directory, "none", MS_SHARED | MS_REC, null) === 0) return true
  const number = errno()
  if (number === EINVAL) return false
  throw refusedCall(`mount --make-shared ${directory} failed`, number)
}

const bindToItself = (): void => {
  if (loadLibc().mount(directory, directory, "none", MS_BIND | MS_REC, null) === 0) return
  throw refusedCall(`mount --bind ${directory} ${directory} failed`, errno())
}

/**
 * Makes the directory as `ip netns add` does: a mount of its own that is shared with other mount namespaces, so that a name that is
 * deleted here is deleted there. It holds the same lock meanwhile, but does not wait for it: whoever may read the
 * directory may keep it for ever.
 */
export const makeNetnsDirectory = (): void => {
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    loadLibc().flock(fd, LOCK_EX_NB)
    if (share()) return
    bindToItself()
    share()
  } finally {
    closeSync(fd)
  }
}
