import { closeSync, constants, openSync, readdirSync, readFileSync, writeSync } from "node:fs"
import { root } from "./sysctlPath.ts"

/**
 * `/proc/sys/net` shows the network of the thread that looks. These calls are synchronous, and so run in the calling
 * thread, in whatever network that is.
 */
const conf = `${root}/net/ipv4/conf`

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"

/** Trimmed; null for a key that does not exist. */
export const readSysctlFile = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch (cause) {
    if (isMissing(cause)) return null
    throw cause
  }
}

/** Not created when it does not exist: that would be EACCES below `/proc/sys`, and hide that the key is missing. */
export const writeSysctlFile = (path: string, value: string): void => {
  const fd = openSync(path, constants.O_WRONLY)
  try {
    writeSync(fd, value)
  } finally {
    closeSync(fd)
  }
}

/** Links come and go while this reads: one that went is left out. */
export const forwardingFlags = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(conf).flatMap((link) => {
      const value = readSysctlFile(`${conf}/${link}/forwarding`)
      return value === null ? [] : [[link, value]]
    })
  )
