import type { default as Koffi } from "koffi"
import { createRequire } from "node:module"

type Koffi = typeof Koffi

/** The part of `require` that is needed here. */
export type Load = (name: string) => unknown

const addon = `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`

/**
 * koffi, without its own JavaScript where that is possible: this looks for the addon for ten times as long as it takes to load it (it reads
 * the ELF headers of node and tries many paths), and adds to it what is deprecated. `load` looks for things beside koffi.
 */
export const loadKoffi = (load: Load): Koffi => {
  try {
    return load(addon) as Koffi
  } catch {
    return load("koffi") as Koffi
  }
}

const besideKoffi = (): Load => createRequire(createRequire(import.meta.url).resolve("koffi"))

let loaded: Koffi | undefined

/** Throws where koffi is not installed, or not for this machine. */
export const koffi = (): Koffi => (loaded ??= loadKoffi(besideKoffi()))
