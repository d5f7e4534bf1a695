import { digest, hex } from "./hash.ts"

/** Tells installs apart that share a kernel: eight hexadecimal characters in every tag, table name and device name. */
export const InstallId = {
  /** From `/etc/machine-id` (machine-id(5), its final newline makes no difference) and the state directory's path. */
  derive: (machineId: string, stateDir: string): string => hex(digest(["install", machineId.trim(), stateDir]), 8)
} as const
