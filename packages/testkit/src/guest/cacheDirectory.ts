import { Effect } from "effect"
import { lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { GuestError } from "./errors.ts"

const uid = (): number => process.geteuid?.() ?? 0

/** Where images are kept when no directory is given: one per user, since nobody else may prepare what we boot. */
export const defaultCacheDirectory = (): string => join(tmpdir(), `vmnet-testkit-${uid()}`)

const failed = (path: string, detail: string, cause?: unknown) =>
  new GuestError({ action: `keep guest images in ${path}`, detail, cause })

/** Make the directory, or make sure that the one which is there is ours alone: whoever can write to it owns the guests. */
export const cacheDirectory = (path: string): Effect.Effect<string, GuestError> =>
  Effect.try({
    try: () => {
      mkdirSync(path, { recursive: true, mode: 0o700 })
      return lstatSync(path)
    },
    catch: (cause) => failed(path, String(cause), cause)
  }).pipe(
    Effect.flatMap((stats) => {
      if (!stats.isDirectory()) return Effect.fail(failed(path, "it is not a directory"))
      if (stats.uid !== uid()) return Effect.fail(failed(path, `it belongs to uid ${stats.uid}`))
      if ((stats.mode & 0o077) !== 0) return Effect.fail(failed(path, "others may enter it (chmod 700 it)"))
      return Effect.succeed(path)
    })
  )

export const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** A name beside `path` that no other process uses. */
export const temporaryBeside = (path: string): string => `${path}.${process.pid}.${process.hrtime.bigint()}`

/** Two processes may write the same file at once: each writes its own and the last rename wins, both being right. */
export const publish = (temporary: string, path: string): Effect.Effect<void, GuestError> =>
  Effect.try({ try: () => renameSync(temporary, path), catch: (cause) => failed(path, String(cause), cause) })

export const writeOnce = (path: string, content: Uint8Array): Effect.Effect<void, GuestError> => {
  if (exists(path)) return Effect.void
  const temporary = temporaryBeside(path)
  return Effect.try({
    try: () => writeFileSync(temporary, content, { mode: 0o600, flag: "wx" }),
    catch: (cause) => failed(path, String(cause), cause)
  }).pipe(
    Effect.andThen(publish(temporary, path)),
    Effect.onError(() => Effect.sync(() => rmSync(temporary, { force: true })))
  )
}
