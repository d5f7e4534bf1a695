import { getSystemErrorName } from "node:util"
import { errno, loadLibc } from "./foreign.ts"

/** A system call that failed, shaped like the errors of `node:fs`: `code` is the name of its errno. */
export class SystemCallError extends Error {
  readonly call: string
  readonly code: string
  readonly errno: number

  constructor(call: string, number: number) {
    const code = getSystemErrorName(-number)
    super(`${code}: ${loadLibc().strerror(number).toLowerCase()}, ${call}`)
    this.name = "SystemCallError"
    this.call = call
    this.code = code
    this.errno = number
  }
}

/** The result of a call, or its error thrown; to be wrapped around the call itself, for `errno` is the last call's. */
export const checked = (call: string, result: number): number => {
  if (result >= 0) return result
  throw new SystemCallError(call, errno())
}
