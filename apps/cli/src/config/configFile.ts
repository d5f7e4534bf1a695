import { Effect } from "effect"
import { checkConfigFile, namedConfig, readConfigFile } from "vmnet/effect"
import { Invocation } from "../cli/Invocation.ts"
import { onHost } from "./onHost.ts"

const placesOf = Effect.fnUntraced(function* (flag: string | undefined) {
  const { env, configFile } = yield* Invocation
  return { named: namedConfig(flag, env), otherwise: configFile }
})

/** `--config`, else `$VMNET_CONFIG`, else the default file. A file that was named must be there. */
export const loadConfig = Effect.fn("loadConfig")(function* (flag: string | undefined) {
  return yield* readConfigFile(yield* placesOf(flag))
})

/** The same file, held against everything that `up` of its VMs would hold it against. */
export const checkedConfig = Effect.fn("checkedConfig")(function* (flag: string | undefined) {
  return yield* onHost(checkConfigFile(yield* placesOf(flag)))
})
