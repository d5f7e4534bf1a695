import { tapBackend } from "@vmnet/backend-tap-pool"
import { type AttachRequest, decodeConfig, type RequestFlags, resolveRequest } from "@vmnet/core"
import { Result } from "effect"

export const install = "0123abcd"

/** A request as the command line and a configuration make it, of the tap backend unless a network says otherwise. */
export const request = (vm: string, flags: Partial<RequestFlags> = {}, config = ""): AttachRequest =>
  Result.getOrThrow(
    resolveRequest({
      config: Result.getOrThrow(decodeConfig(config, "config.yaml")),
      flags: { vm, publish: [], egress: [], ...(flags.network === undefined && { backend: "tap" }), ...flags },
      defaults: { tap: tapBackend.defaultNetwork },
      facts: { findProcess: () => null, resolvers: ["198.51.100.53"] }
    })
  )
