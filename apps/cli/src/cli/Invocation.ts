import { Context } from "effect"
import { defaultConfigFile } from "vmnet/effect"

/** Who called, with which environment, on which host. */
export interface Invocation {
  readonly uid: number
  readonly env: Readonly<Record<string, string | undefined>>
  /** The configuration file that is read when none is named. */
  readonly configFile: string
}

export const Invocation = Context.Reference<Invocation>("@vmnet/cli/Invocation", {
  defaultValue: () => ({ uid: process.getuid?.() ?? 0, env: process.env, configFile: defaultConfigFile })
})
