import { assert, describe, it } from "@effect/vitest"
import { reasonOfSystemError, reasonOfText } from "@vmnet/ops-common"

/** What errno(3) calls them, and strerror(3). */
const errors = [
  ["EEXIST", "File exists"],
  ["ENOENT", "No such file or directory"],
  ["ENODEV", "No such device"],
  ["ESRCH", "No such process"],
  ["EBUSY", "Device or resource busy"],
  ["EPERM", "Operation not permitted"],
  ["EACCES", "Permission denied"],
  ["EROFS", "Read-only file system"],
  ["EINVAL", "Invalid argument"],
  ["ERANGE", "Numerical result out of range"],
  ["EOPNOTSUPP", "Operation not supported"],
  ["EPROTONOSUPPORT", "Protocol not supported"],
  ["EAFNOSUPPORT", "Address family not supported by protocol"],
  ["ENOSYS", "Function not implemented"],
  ["ENOBUFS", "No buffer space available"],
  ["EMFILE", "Too many open files"]
] as const

describe("an error of a system call has the reason that a tool's words for it have", () => {
  for (const [code, words] of errors) {
    it(`of ${code}`, () => {
      assert.strictEqual(reasonOfSystemError(Object.assign(new Error(), { code })), reasonOfText(words))
    })
  }
})
