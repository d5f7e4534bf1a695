import { type Config, decodeConfig, emptyConfig, VmnetError } from "@vmnet/core"
import { Effect, FileSystem, Stream } from "effect"
import { Invocation } from "../cli/Invocation.ts"

/** A configuration and the file it is from; `file: null` where none is named and the default one does not exist. */
export interface ConfigFile {
  readonly file: string | null
  readonly config: Config
}

const unreadable = (file: string, cause: Error, missing: boolean): VmnetError =>
  new VmnetError({
    code: "CONFIG_INVALID",
    detail: missing ? `configuration file ${file} does not exist` : `${file} cannot be read: ${cause.message}`,
    details: { file },
    cause
  })

/** More than `decodeConfig` accepts, so that it refuses what is cut off here; `/dev/zero` ends too. */
const mostBytes = 4 * 1024 * 1024

const read = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.stream(file, { bytesToRead: mostBytes }).pipe(Stream.decodeText, Stream.mkString)
})

/** `--config`, else `$VMNET_CONFIG`, else the default file. A file that was named must be there. */
export const loadConfig = Effect.fn("loadConfig")(function* (flag: string | undefined) {
  const { env, configFile } = yield* Invocation
  const named = flag ?? (env["VMNET_CONFIG"] || undefined)
  const file = named ?? configFile
  const text = yield* read(file).pipe(
    Effect.catchTag("PlatformError", (error) => {
      const missing = error.reason._tag === "NotFound"
      return missing && named === undefined ? Effect.succeed(null) : Effect.fail(unreadable(file, error, missing))
    })
  )
  if (text === null) return { file: null, config: emptyConfig } satisfies ConfigFile
  return { file, config: yield* Effect.fromResult(decodeConfig(text, file)) } satisfies ConfigFile
})
