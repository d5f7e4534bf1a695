import type { ErrorCode } from "@vmnet/core"

export interface VmnetErrorOptions {
  readonly code: ErrorCode
  readonly exitCode: number
  readonly hint?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

/**
 * What every promise of this package rejects with, but for one that an `AbortSignal` ended: that rejects with the
 * signal's reason, as `fetch` does.
 */
export class VmnetError extends Error {
  override readonly name = "VmnetError"
  /** Stable, for programs: `PORT_IN_USE`, `VM_NOT_FOUND`, `ADDRESS_EXHAUSTED`, ... */
  readonly code: ErrorCode
  /** What the command `vmnet` would exit with: 1 failed, 2 bad input, 3 not found, 4 conflict, 5 exhausted, 6 host, 7 busy. */
  readonly exitCode: number
  /** What a person can do about it. */
  readonly hint: string | undefined
  /** The facts of the message, for programs; empty where there are none. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(message: string, { code, exitCode, hint, details, cause }: VmnetErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.exitCode = exitCode
    this.hint = hint
    this.details = details ?? {}
  }

  /** As `vmnet --json` prints it. */
  toJSON(): {
    readonly code: ErrorCode
    readonly message: string
    readonly details: unknown
    readonly hint: string | null
  } {
    return { code: this.code, message: this.message, details: this.details, hint: this.hint ?? null }
  }
}
