import type { RequestFlags } from "@vmnet/core"
import { Effect } from "effect"
import { requestOf as resolved } from "vmnet/effect"
import { loadConfig } from "./configFile.ts"
import { onHost } from "./onHost.ts"

export { requestNotices } from "@vmnet/core"

/** What `up` asks for: the flags over the configuration over the defaults, complete and checked. */
export const requestOf = Effect.fn("requestOf")(function* (flags: RequestFlags, configFlag: string | undefined) {
  const { config } = yield* loadConfig(configFlag)
  return yield* onHost(resolved(flags, config))
})
