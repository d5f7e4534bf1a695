// Run by Node in front of QEMU: OWN-COPY COMMAND... -initrd FILE ... The guest's image is root's, so whoever boots it as
// somebody else needs a copy. COMMAND gets all descriptors that QEMU is to have; its end is the end of this.
import { spawn } from "node:child_process"
import { chmodSync, copyFileSync } from "node:fs"

const [copy = "", command = "", ...words] = process.argv.slice(2)
const at = words.indexOf("-initrd") + 1
copyFileSync(words[at]!, copy)
chmodSync(copy, 0o644)
const child = spawn(command, words.with(at, copy), { stdio: [0, 1, 2, 3, 4, 5] })
child.once("exit", (code) => process.exit(code ?? 1))
