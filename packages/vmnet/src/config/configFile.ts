import {
  Backends,
  checkConfig,
  type Config,
  decodeConfig,
  decodeVms,
  emptyConfig,
  type Sections,
  VmnetError
} from "@vmnet/core"
import { Effect, type Result } from "effect"
import type { ConfigPlaces } from "./configPlaces.ts"
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

/** The text of a configuration file; `null` where none is named and the default one does not exist. */
const readText = Effect.fn("readText")(function* ({ named, otherwise }: ConfigPlaces) {
  return yield* Effect.interruptible(readBounded(named ?? otherwise, mostBytes)).pipe(
    Effect.catch((error) =>
      error.missing && named === undefined ? Effect.succeed(null) : Effect.fail(unreadable(error))
    )
  )
})

type Decode = (text: string, file: string) => Result.Result<Config, VmnetError>

const readWith = Effect.fnUntraced(function* (places: ConfigPlaces, decode: Decode) {
  const text = yield* readText(places)
  if (text === null) return { file: null, config: emptyConfig } satisfies ConfigFile
  const file = places.named ?? places.otherwise
  return { file, config: yield* Effect.fromResult(decode(text, file)) } satisfies ConfigFile
})

/** What may be configured is that of the backends of vmnet itself unless `sections` say otherwise. */
export const readConfigFile = Effect.fn("readConfigFile")(function* (places: ConfigPlaces, sections?: Sections) {
  return yield* readWith(places, (text, file) => decodeConfig(text, file, sections))
})

/** The same, refusing as well what `up` would refuse of any of its VMs: `checkConfig` with the backends there are. */
export const checkConfigFile = Effect.fn("checkConfigFile")(function* (places: ConfigPlaces) {
  const backends = yield* Backends
  return yield* readWith(places, (text, file) => checkConfig(text, file, [...backends.values()]))
})

/** The VMs of a file of their own, in the networks of a configuration: `decodeVms` with the backends there are. */
export const readVmsFile = Effect.fn("readVmsFile")(function* (file: string, config: Config) {
  const backends = yield* Backends
  const text = yield* Effect.mapError(Effect.interruptible(readBounded(file, mostBytes)), unreadableVms)
  return yield* Effect.fromResult(decodeVms(text, file, { config, backends: [...backends.values()] }))
})

const unreadableVms = (error: NotRead): VmnetError =>
  new VmnetError({
    code: "BAD_INPUT",
    detail: error.missing ? `--file ${error.file} does not exist` : `--file ${error.message}`,
    details: { file: error.file },
    cause: error
  })
