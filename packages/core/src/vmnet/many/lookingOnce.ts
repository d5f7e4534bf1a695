import { Effect, type Exit } from "effect"
import { Helpers } from "../../ops/Helpers.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { LinkOps } from "../../ops/LinkOps.ts"
import { netnsKey } from "../../ops/Netns.ts"
import { formatSysctlKey, SysctlOps } from "../../ops/SysctlOps.ts"

/**
 * What is asked of the host while it is only looked at is asked once: the checks of many VMs are mostly the same questions.
 * Nothing of this may outlive the checks.
 */
export const lookingOnce = <A, E, R>(
  checks: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | Helpers | HostProbe | LinkOps | SysctlOps> =>
  Effect.gen(function* () {
    const [helpers, links, probe, sysctls] = yield* Effect.all([Helpers, LinkOps, HostProbe, SysctlOps])
    const [checked, found, read, seen, sockets] = [asked(), asked(), asked(), asked(), asked()]
    return yield* checks.pipe(
      Effect.provideService(
        Helpers,
        over(helpers, { check: (needed) => checked(JSON.stringify(needed), helpers.check(needed)) })
      ),
      Effect.provideService(HostProbe, over(probe, { sockets: sockets("", probe.sockets) })),
      Effect.provideService(
        LinkOps,
        over(links, {
          find: (netns, names) => found(JSON.stringify([netnsKey(netns), names]), links.find(netns, names)),
          snapshot: (netns) => seen(netnsKey(netns), links.snapshot(netns))
        })
      ),
      Effect.provideService(
        SysctlOps,
        over(sysctls, {
          read: (netns, key) => read(`${netnsKey(netns)} ${formatSysctlKey(key)}`, sysctls.read(netns, key))
        })
      )
    )
  })

/** A service with some of its members in place of its own; the others show through. */
const over = <S extends object>(service: S, members: Partial<S>): S =>
  Object.create(service, Object.getOwnPropertyDescriptors(members)) as S

/** Answers by question; an interruption is none. */
const asked = () => {
  const known = new Map<string, Exit.Exit<unknown, unknown>>()
  return <A, E>(question: string, ask: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const answer = known.get(question) as Exit.Exit<A, E> | undefined
      if (answer !== undefined) return answer
      return Effect.onExit(ask, (exit) => Effect.sync(() => void known.set(question, exit)))
    })
}
