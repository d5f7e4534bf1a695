import { Effect } from "effect"
import { createHash } from "node:crypto"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { writeOnce } from "./cacheDirectory.ts"
import { cpio, type CpioEntry } from "./cpio.ts"
import { GuestError } from "./errors.ts"
import { initScript, modules } from "./initScript.ts"
import { udpEchoProgram } from "./udpEcho.ts"

/** A kernel and the initramfs made for it. */
export interface GuestImage {
  readonly kernel: string
  readonly initramfs: string
  /** Changes with whatever is in them. */
  readonly hash: string
}

/** Debian's cloud kernel has the serial port built in, and its virtio modules are plain files that busybox can load. */
const kernelPattern = /^vmlinuz-(.*-cloud-amd64)$/

const moduleDirectories = ["drivers/virtio", "drivers/net", "net/core"]

const failed = (detail: string, cause?: unknown) => new GuestError({ action: "build a guest image", detail, cause })

/** The newest cloud kernel in /boot: version numbers are compared as numbers, 6.1.0-100 after 6.1.0-56. */
const newestKernel = (): string => {
  const versions = readdirSync("/boot").flatMap((name) => kernelPattern.exec(name)?.[1] ?? [])
  const [newest] = versions.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))
  if (newest === undefined) throw new Error("no kernel in /boot (install linux-image-cloud-amd64)")
  return newest
}

const readFirst = (paths: ReadonlyArray<string>, hint: string): Uint8Array => {
  for (const path of paths) {
    try {
      return readFileSync(path)
    } catch {
      // Try the next place.
    }
  }
  throw new Error(`none of ${paths.join(", ")} can be read (${hint})`)
}

const moduleFile = (version: string, name: string): CpioEntry => {
  const root = `/lib/modules/${version}/kernel`
  const paths = moduleDirectories.map((directory) => join(root, directory, `${name}.ko`))
  const content = readFirst(paths, `install linux-image-${version}`)
  return { path: `modules/${name}.ko`, mode: 0o644, content }
}

const entries = (version: string): ReadonlyArray<CpioEntry> => [
  { path: "bin", mode: 0o755 },
  {
    path: "bin/busybox",
    mode: 0o755,
    content: readFirst(["/usr/bin/busybox", "/bin/busybox"], "install busybox-static")
  },
  { path: "bin/udp-echo", mode: 0o755, content: udpEchoProgram },
  { path: "modules", mode: 0o755 },
  ...modules.map((name) => moduleFile(version, name)),
  { path: "init", mode: 0o755, content: Buffer.from(initScript, "utf8") }
]

const build = () => {
  if (process.arch !== "x64") throw new Error(`guests need an x86-64 machine, this one is ${process.arch}`)
  const version = newestKernel()
  const archive = cpio(entries(version))
  const hash = createHash("sha256").update(version).update(archive).digest("hex").slice(0, 16)
  return { kernel: `/boot/vmlinuz-${version}`, archive, hash }
}

/** The image for this machine, its initramfs in `directory`. Packing takes milliseconds; the file is written once. */
export const guestImage = (directory: string): Effect.Effect<GuestImage, GuestError> =>
  Effect.gen(function* () {
    const { archive, hash, kernel } = yield* Effect.try({
      try: build,
      catch: (cause) => failed(cause instanceof Error ? cause.message : String(cause), cause)
    })
    const initramfs = join(directory, `initramfs-${hash}.cpio`)
    yield* writeOnce(initramfs, archive)
    return { kernel, initramfs, hash }
  })
