import type { ProcessFacts, TunFacts } from "@vmnet/core"
import { accessSync, constants, lstatSync } from "node:fs"
import { missingCapabilities } from "../probe/capabilities.ts"
import { readText } from "./look.ts"

export const thisProcess = (): ProcessFacts => ({
  uid: process.geteuid?.() ?? 0,
  missing: missingCapabilities(readText("/proc/self/status") ?? "")
})

const path = "/dev/net/tun"

const isUsable = (): boolean => {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Never opened: a kernel without the driver would load it. */
export const tunDevice = (): TunFacts | null => {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return null
  return { character: stat.isCharacterDevice(), mode: stat.mode & 0o777, usable: isUsable() }
}
