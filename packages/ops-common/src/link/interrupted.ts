import { OpsError } from "@vmnet/core"
import type { Attempt } from "../errors/opsErrors.ts"

/** How often a listing is asked for again. */
export const maxDumps = 5

/**
 * Whether what was listed changed meanwhile: the kernel says so with the listing, and `ip` on stderr with exit code 0.
 * Nothing may be concluded from what such a listing lacks.
 */
export const wasInterrupted = (stderr: string): boolean => stderr.includes("Dump was interrupted")

export const interrupted = (attempt: Attempt): OpsError =>
  new OpsError({ ...attempt, reason: "Busy", output: `interrupted ${maxDumps} times by other changes` })
