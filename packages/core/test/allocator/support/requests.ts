import { type AttachRequest, decodeConfig, type RequestFlags, resolveRequest } from "@vmnet/core"
import { Result } from "effect"

/** A request for network `web`, written as a person writes it. */
export const webRequest = (vm: string, web: string, flags: Partial<RequestFlags> = {}): AttachRequest =>
  Result.getOrThrow(
    resolveRequest({
      config: Result.getOrThrow(decodeConfig(`networks: { web: { ${web} } }`, "config.yaml")),
      flags: { vm, network: "web", publish: [], egress: [], ...flags },
      defaults: { bridge: { subnet: "10.0.42.0/24", addressing: "hash" } },
      facts: { findProcess: () => null, resolvers: [] }
    })
  )
