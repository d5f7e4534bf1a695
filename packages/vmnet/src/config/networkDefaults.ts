import { Backends, type DefaultNetworks, HostProbe, sectionsOf } from "@vmnet/core"
import { Effect } from "effect"

/** What fills in where configuration and flags say nothing: the backends' own networks, and the host's resolvers. */
export const networkDefaults = Effect.gen(function* () {
  const backends = yield* Backends
  const probe = yield* HostProbe
  const defaults: DefaultNetworks = Object.fromEntries(
    [...backends].map(([kind, backend]) => [kind, backend.defaultNetwork])
  )
  const sections = sectionsOf([...backends.values()].map(({ section }) => section))
  return { defaults, sections, resolvers: yield* probe.resolvers, findProcess: probe.find }
})
