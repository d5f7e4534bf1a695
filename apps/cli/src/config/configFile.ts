import { Effect } from "effect"
import { namedConfig, readConfigFile } from "vmnet/effect"
import { Invocation } from "../cli/Invocation.ts"

/** `--config`, else `$VMNET_CONFIG`, else the default file. A file that was named must be there. */
export const loadConfig = Effect.fn("loadConfig")(function* (flag: string | undefined) {
  const { env, configFile } = yield* Invocation
  return yield* readConfigFile({ named: namedConfig(flag, env), otherwise: configFile })
})
