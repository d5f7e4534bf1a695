import type { AttachRequest, RequestFlags } from "@vmnet/core"
import { Effect } from "effect"
import { readVmsFile, requestOf as resolved, requestsOf as allResolved } from "vmnet/effect"
import { loadConfig } from "./configFile.ts"
import { onHost } from "./onHost.ts"

export { requestNotices } from "@vmnet/core"

/** What `up` asks for: the flags over the configuration over the defaults, complete and checked. */
export const requestOf = Effect.fn("requestOf")(function* (flags: RequestFlags, configFlag: string | undefined) {
  const { config } = yield* loadConfig(configFlag)
  return yield* onHost(resolved(flags, config))
})

/** Several VMs with the same flags: of these names, or all that are in a file. */
export type Several = { readonly names: ReadonlyArray<string> } | { readonly file: string }

/** The same for several. What a file says of a VM stands in place of what the configuration says of it. */
export const requestsOf = Effect.fn("requestsOf")(function* (
  flags: Omit<RequestFlags, "vm">,
  several: Several,
  configFlag: string | undefined
) {
  const { config } = yield* loadConfig(configFlag)
  const ask = Effect.gen(function* () {
    const vms = "file" in several ? yield* readVmsFile(several.file, config) : {}
    const names = "file" in several ? Object.keys(vms) : several.names
    const all = names.map((vm) => Object.assign({ vm }, flags))
    return yield* allResolved(all, { ...config, vms: { ...config.vms, ...vms } })
  })
  const requests: ReadonlyArray<AttachRequest> = yield* onHost(ask)
  return requests
})
