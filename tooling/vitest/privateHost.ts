import { execFileSync } from "node:child_process"
import { readlinkSync } from "node:fs"

// Runs in the worker before each privileged test file.
if (process.getuid?.() !== 0) {
  throw new Error("privileged tests make network namespaces, which needs root: run `sudo npm test`")
}

// The parent is vitest itself, on the machine.
for (const kind of ["net", "mnt"]) {
  if (readlinkSync(`/proc/self/ns/${kind}`) === readlinkSync(`/proc/${process.ppid}/ns/${kind}`)) {
    throw new Error(`refusing to run a privileged test in the machine's own ${kind} namespace`)
  }
}

// A mount namespace starts as a copy. Named namespaces, ledgers and xtables' lock live below /run; /sys/class/net shows
// the network of the process that mounted it, not of the one that looks.
execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "vmnet-test", "/run"])
execFileSync("mount", ["-t", "sysfs", "vmnet-test", "/sys"])
