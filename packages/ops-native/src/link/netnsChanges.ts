import type { AddNetns, DeleteNetns } from "@vmnet/core"
import { pathOfName } from "@vmnet/ops-common"
import { closeSync, constants, lstatSync, openSync, unlinkSync } from "node:fs"
import { errno, loadLibc } from "../ffi/foreign.ts"
import { inNewNetns } from "../netns/inNetns.ts"
import { Place } from "../netns/Place.ts"
import { setLink } from "./encodeLink.ts"
import { Refused, refusedByFile, refusedCall } from "./Refused.ts"

/** sys/mount.h */
const MS_BIND = 0x1000
const MNT_DETACH = 2
const UMOUNT_NOFOLLOW = 8

/** Takes the name: nothing may be there, not even a symbolic link. */
const createFile = (path: string): void => {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_CREAT | constants.O_EXCL, 0))
  } catch (cause) {
    throw refusedByFile(`Cannot create namespace file "${path}"`, cause)
  }
}

const deleteFile = (path: string): void => {
  loadLibc().umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW)
  try {
    unlinkSync(path)
  } catch (cause) {
    throw refusedByFile(`Cannot remove namespace file "${path}"`, cause)
  }
}

const bindOwnNetns = (path: string): void => {
  if (loadLibc().mount("/proc/thread-self/ns/net", path, "none", MS_BIND, null) === 0) return
  throw refusedCall(`Bind /proc/thread-self/ns/net -> ${path} failed`, errno())
}

/** `ip link set lo alias $alias up` */
const tagLoopback = (place: Place, alias: string): void =>
  place.links((links) => links.tell(setLink({ link: "lo" }, { alias, up: true })))

const giveUp = (path: string): void => {
  try {
    deleteFile(path)
  } catch {
    // Why it was given up is what the caller has to know; what is left is told from a namespace when it is looked at.
  }
}

const tagged = (path: string, alias: string): Place => {
  const here = Place.here()
  try {
    tagLoopback(here, alias)
    bindOwnNetns(path)
    return here
  } catch (cause) {
    here[Symbol.dispose]()
    throw cause
  }
}

/**
 * `ip netns add $name`, tagged before anybody else can find it without its tag: bound last, when it is all there. It is the
 * caller's to let go of.
 */
export const addNetns = ({ alias, name }: AddNetns): Place => {
  const path = pathOfName(name)
  createFile(path)
  try {
    return inNewNetns(() => tagged(path, alias))
  } catch (cause) {
    giveUp(path)
    throw cause
  }
}

/** `ip netns delete $name`, which would unmount whatever a symbolic link in its place leads to. */
export const deleteNetns = ({ name }: DeleteNetns): void => {
  const path = pathOfName(name)
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw new Refused(`${path} is a symbolic link`, { reason: "Invalid" })
  deleteFile(path)
}
