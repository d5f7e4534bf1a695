/**
 * A guest that exchanges what vmnet is looking at: `swap.ts etc|file|gone ROOTFS TIMES`. Each time the real thing is
 * moved aside, a link to the host's own stands in its place for a moment, and the real thing comes back.
 */
import { renameSync, symlinkSync, unlinkSync } from "node:fs"
import { join } from "node:path"

const [what, rootfs = "", times = "0"] = process.argv.slice(2)
const [name, target] = what === "etc" ? ["etc", "/etc"] : ["etc/resolv.conf", "/etc/passwd"]
const place = join(rootfs, name)
const aside = join(rootfs, "aside")

/** Busy where something is mounted on it: next time, then. */
const attempt = (step: () => void): void => {
  try {
    step()
  } catch {
    return
  }
}

process.stdout.write("swapping\n")
for (let n = 0; n < Number(times); n++) {
  attempt(() => {
    renameSync(place, aside)
    attempt(() => symlinkSync(target, place))
    attempt(() => unlinkSync(place))
    renameSync(aside, place)
  })
}
