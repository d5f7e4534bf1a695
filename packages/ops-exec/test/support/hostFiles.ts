import { lstatSync, readFileSync } from "node:fs"

const files = ["/etc/passwd", "/etc/shadow", "/etc/hosts", "/etc/resolv.conf"]

/** What a hostile rootfs would have changed: bytes, inode and mode of files of the host. */
export const hostFiles = (): ReadonlyArray<string> =>
  files.map((path) => {
    const { ino, mode, size } = lstatSync(path)
    return `${path} ${ino} ${mode.toString(8)} ${size} ${readFileSync(path, "base64")}`
  })
