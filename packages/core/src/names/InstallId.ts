import { digest, hex } from "./hash.ts"

/** Tells installs apart that share a kernel: eight hexadecimal characters in every tag, table name and device name. */
export const InstallId = {
  /** From the content of `/etc/machine-id` (machine-id(5)) and the state directory's absolute path. */
  derive: (machineId: string, stateDir: string): string => hex(digest(["install", machineId, stateDir]), 8)
} as const
