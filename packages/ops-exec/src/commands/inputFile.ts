import { closeSync, constants, existsSync, openSync, writeSync } from "node:fs"

/** `__O_TMPFILE` of asm-generic/fcntl.h, which `node:fs` does not name. */
const unnamed = 0o20000000 | constants.O_DIRECTORY

const directories = ["/dev/shm", "/run"]

const openUnnamed = (): number => {
  return openSync(directories.find(existsSync) ?? "/tmp", unnamed | constants.O_EXCL | constants.O_RDWR, 0o600)
}

/**
 * A program's standard input as a file that never had a name. The pipes of Node are sockets, which programs that open
 * `/dev/stdin` cannot open (nft does: ENXIO), and a file needs nobody to write on while the program reads.
 */
export const openInput = (text: string): number => {
  const fd = openUnnamed()
  try {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, at)
    return fd
  } catch (cause) {
    closeSync(fd)
    throw cause
  }
}
