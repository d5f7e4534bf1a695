import { Effect } from "effect"
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { runOk } from "./kernel.ts"

const directory = "/run/vmnet-test"

export const fileOf = (name: string): string => `${directory}/${name}`

/** Counts the programs run from now on, and has something happen to the `call`th, from 1; to none at 0. */
export const strikeAt = (call: number): void => {
  writeFileSync(fileOf("calls"), "")
  writeFileSync(fileOf("at"), `${call}`)
}

/** The programs run since, one line each: `ip -j -batch -`. */
export const calls = (): ReadonlyArray<string> => readFileSync(fileOf("calls"), "utf8").split("\n").slice(0, -1)

/** Has every `ip` and `nft` of this mount namespace pass by a script of `scripts/`, while the scope lives. */
export const standIns = Effect.fn("standIns")(function* (script: string) {
  mkdirSync(directory, { mode: 0o700 })
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
  strikeAt(0)
  const standIn = fileOf(script)
  copyFileSync(fileURLToPath(new URL(`scripts/${script}`, import.meta.url)), standIn)
  chmodSync(standIn, 0o755)
  for (const program of ["ip", "nft"]) {
    const path = (yield* runOk("host", ["realpath", `/usr/sbin/${program}`])).trim()
    copyFileSync(path, fileOf(program))
    yield* Effect.acquireRelease(runOk("host", ["mount", "--bind", standIn, path]), () =>
      runOk("host", ["umount", path])
    )
  }
})
