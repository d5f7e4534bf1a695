import { Commands, HostSurvey, type Sight } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { legacyRuleset } from "./legacyTables.ts"
import { look } from "./look.ts"
import { networkd, networkManager } from "./managers.ts"
import { nftRuleset } from "./nftTables.ts"
import { programFacts } from "./programs.ts"
import { routing } from "./routing.ts"
import { runningNames } from "./running.ts"
import { bridgeNetfilter, conntrack, forwarding, kernel, neighbours, rpFilter } from "./settings.ts"
import { stateDirectory } from "./stateDirectory.ts"
import { thisProcess, tunDevice } from "./thisProcess.ts"

/** With what was seen of one thing, a look at another that depends on it. */
const then = <A, B>(sight: Sight<A>, next: (value: A) => B): Sight<B> =>
  sight._tag === "Unseen" ? sight : look(() => next(sight.value))

const inFiles = (stateDir: string | null) => {
  const routes = look(routing)
  const uplink = routes._tag === "Seen" ? routes.value.uplink : null
  const running = look(() => runningNames())
  return {
    routing: routes,
    forwarding: look(() => forwarding(uplink)),
    rpFilter: look(() => rpFilter(uplink)),
    bridgeNetfilter: look(bridgeNetfilter),
    conntrack: look(conntrack),
    neighbours: look(neighbours),
    process: look(thisProcess),
    tun: look(tunDevice),
    networkManager: then(running, (names) => networkManager(names)),
    networkd: then(running, (names) => networkd(names)),
    kernel: look(kernel),
    stateDirectory: look(() => stateDirectory(stateDir))
  }
}

/** `HostSurvey` over `/proc`, `/etc` and what `nft` and `iptables-legacy-save` list. */
export const HostSurveyProc: { readonly layer: Layer.Layer<HostSurvey, never, Commands> } = {
  layer: Layer.effect(
    HostSurvey,
    Effect.map(Commands, (commands) =>
      HostSurvey.of({
        survey: Effect.fn("HostSurvey.survey")(function* ({ stateDir }) {
          const [nft, legacy, programs] = yield* Effect.all(
            [nftRuleset(commands), legacyRuleset(commands), programFacts(commands)],
            { concurrency: 3 }
          )
          return { ...inFiles(stateDir), nft, legacy, programs }
        })
      })
    )
  )
}
