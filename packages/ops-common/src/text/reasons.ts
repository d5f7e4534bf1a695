import type { OpsReason } from "@vmnet/core"

/**
 * The C library's words for errno, as every tool run with `LC_ALL=C` prints them, and the kernel's own ("extack") words
 * that replace them. The order matters where one text contains another.
 */
const words: ReadonlyArray<readonly [RegExp, OpsReason]> = [
  [/File exists|Address already assigned/, "Exists"],
  [/No such (?:file or directory|device|process)|Cannot find device|does not exist|Address not found/i, "Missing"],
  [/Device or resource busy/, "Busy"],
  [/Operation not permitted|Permission denied|Read-only file system/, "Denied"],
  [/not supported|Unknown device type|Function not implemented/, "Unsupported"],
  [/No space left|No buffer space|Cannot allocate memory|Too many open files|Exchange full/, "Failed"],
  [/Invalid argument|Numerical result out of range|Cannot assign requested address/, "Invalid"],
  [/Network is (?:unreachable|down)|Invalid cross-device link|No route to host/, "Invalid"]
]

/** Classifies what a tool said; `undefined` when none of the known words is in it. */
export const reasonOfText = (text: string): OpsReason | undefined => words.find(([pattern]) => pattern.test(text))?.[1]

const codes: Readonly<Record<string, OpsReason>> = {
  EEXIST: "Exists",
  ENOENT: "Missing",
  ENODEV: "Missing",
  ESRCH: "Missing",
  ENOTDIR: "Missing",
  EBUSY: "Busy",
  EPERM: "Denied",
  EACCES: "Denied",
  EROFS: "Denied",
  EINVAL: "Invalid",
  ERANGE: "Invalid",
  EOPNOTSUPP: "Unsupported",
  EPROTONOSUPPORT: "Unsupported",
  EAFNOSUPPORT: "Unsupported",
  ENOSYS: "Unsupported"
}

/** Classifies an error thrown by `node:fs`. */
export const reasonOfSystemError = (cause: unknown): OpsReason => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  return codes[code] ?? "Failed"
}
