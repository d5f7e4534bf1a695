import { type LinkChange, OpsError, type OpsReason } from "@vmnet/core"
import { type Attempt, ofSystemError, reasonOfChange } from "@vmnet/ops-common"
import { loadLibc } from "../ffi/foreign.ts"
import { type KernelError, wordsOf } from "../netlink/KernelError.ts"

interface Details {
  readonly errno?: number
  readonly reason?: OpsReason
}

/** What is not done: thrown inside a synchronous stretch, an `OpsError` at its end. Its message is in the words of `ip`. */
export class Refused extends Error {
  readonly errno: number | undefined
  readonly reason: OpsReason | undefined

  constructor(words: string, { errno, reason }: Details = {}) {
    super(words)
    this.errno = errno
    this.reason = reason
  }
}

export const refusedByKernel = (error: KernelError): Refused => new Refused(wordsOf(error), { errno: error.errno })

/** ENODEV of errno(3) */
export const ENODEV = 19

/** With `missing` as its words where the kernel says that the link is not there. */
export const refusal = (error: KernelError, missing?: string): Refused =>
  missing !== undefined && error.errno === ENODEV ? new Refused(missing, { errno: ENODEV }) : refusedByKernel(error)

/** `ioctl(TUNSETIFF): Device or resource busy`. */
export const refusedCall = (what: string, errno: number): Refused =>
  new Refused(`${what}: ${loadLibc().strerror(errno)}`, { errno })

/** The same of an error that `node:fs` threw; anything else is thrown again. */
export const refusedByFile = (what: string, cause: unknown): Refused => {
  if (cause instanceof Error && "errno" in cause && typeof cause.errno === "number")
    return refusedCall(what, Math.abs(cause.errno))
  throw cause
}

/** A listing that changed as often as it was asked for. */
export class Interrupted extends Error {}

/** What was thrown, as the error of an attempt; with `change` the one it is about. */
export const errorOf = (attempt: Attempt, cause: unknown, change?: LinkChange, index?: number): OpsError => {
  const at = index === undefined ? {} : { index }
  if (cause instanceof OpsError) return new OpsError({ ...cause, ...at })
  if (cause instanceof Refused) {
    const reason = cause.reason ?? reasonOfChange(cause.message, change)
    return new OpsError({ ...attempt, reason, output: cause.message, ...at })
  }
  return new OpsError({ ...ofSystemError(attempt, cause), ...at })
}
