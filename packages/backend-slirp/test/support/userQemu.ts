// Run by Node in front of QEMU: OWN-COPY COMMAND... -initrd FILE ... The guest's image is root's, so whoever boots it as
// somebody else needs a copy; then COMMAND takes this process's place, with all its descriptors.
import { chmodSync, copyFileSync } from "node:fs"

const [copy = "", command = "", ...words] = process.argv.slice(2)
const at = words.indexOf("-initrd") + 1
copyFileSync(words[at]!, copy)
chmodSync(copy, 0o644)
process.execve!(command, [command, ...words.with(at, copy)], process.env as Record<string, string>)
