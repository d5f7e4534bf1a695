import { type Config, decodeConfig, emptyConfig, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { Invocation } from "../cli/Invocation.ts"
import { type NotRead, readBounded } from "./readBounded.ts"

/** A configuration and the file it is from; `file: null` where none is named and the default one does not exist. */
export interface ConfigFile {
  readonly file: string | null
  readonly config: Config
}

const unreadable = (error: NotRead): VmnetError =>
  new VmnetError({
    code: "CONFIG_INVALID",
    detail: error.missing ? `configuration file ${error.file} does not exist` : error.message,
    details: { file: error.file },
    cause: error
  })

/** More than `decodeConfig` accepts, so that it refuses what is cut off here; `/dev/zero` ends too. */
const mostBytes = 4 * 1024 * 1024

/** `--config`, else `$VMNET_CONFIG`, else the default file. A file that was named must be there. */
export const loadConfig = Effect.fn("loadConfig")(function* (flag: string | undefined) {
  const { env, configFile } = yield* Invocation
  const named = flag ?? (env["VMNET_CONFIG"] || undefined)
  const file = named ?? configFile
  const text = yield* Effect.interruptible(readBounded(file, mostBytes)).pipe(
    Effect.catch((error) =>
      error.missing && named === undefined ? Effect.succeed(null) : Effect.fail(unreadable(error))
    )
  )
  if (text === null) return { file: null, config: emptyConfig } satisfies ConfigFile
  return { file, config: yield* Effect.fromResult(decodeConfig(text, file)) } satisfies ConfigFile
})
