import { type HostFacts, HostSurvey, type InterfaceSetting, type RoutingFacts, seen } from "@vmnet/core"
import { Effect } from "effect"
import type { World } from "./World.ts"

const routingOf = ({ host: { routes } }: World): RoutingFacts => {
  const defaults = routes.filter(({ destination, link }) => destination === "0.0.0.0/0" && link !== null)
  return {
    uplink: defaults.toSorted((a, b) => a.metric - b.metric)[0]?.link ?? null,
    defaultRoutes: defaults.length,
    routes: routes.map(({ destination, link }) => ({ destination, link }))
  }
}

const program = (name: string) => ({ program: name, found: true, distrusted: null, version: `${name} 1.0` })

/** What the world knows of itself, and of everything else a host on which vmnet works. */
const factsOf = (world: World): HostFacts => {
  const routing = routingOf(world)
  const read = (device: string, parameter: string) =>
    world.host.sysctls.read(["net", "ipv4", "conf", device, parameter])
  const setting = (parameter: string): InterfaceSetting => ({
    all: read("all", parameter),
    default: read("default", parameter),
    uplink: routing.uplink === null ? null : read(routing.uplink, parameter)
  })
  return {
    routing: seen(routing),
    forwarding: seen({ global: world.host.sysctls.read(["net", "ipv4", "ip_forward"]), ...setting("forwarding") }),
    rpFilter: seen(setting("rp_filter")),
    bridgeNetfilter: seen(null),
    nft: seen([]),
    legacy: seen([]),
    conntrack: seen({ used: 10, max: 262_144 }),
    neighbours: seen({ used: world.host.neighbours.length, max: 1024, thresholds: [128, 512] }),
    programs: ["ip", "nft", "mount", "umount", "nsenter", "unshare", "slirp4netns", "pasta"].map(program),
    process: seen({ uid: 0, missing: world.missingCapabilities }),
    tun: seen({ character: true, mode: 0o666, usable: true }),
    networkManager: seen({ running: false, unmanaged: [] }),
    networkd: seen({ running: false, files: [] }),
    kernel: seen({
      release: "6.18.0",
      maxUserNamespaces: "15000",
      unprivilegedUserNamespaces: null,
      apparmorRestriction: null
    }),
    stateDirectory: seen(null)
  }
}

/** `HostSurvey` over the in-memory world; what the world does not model is what a test says it is. */
export const memoryHostSurvey = (world: World): HostSurvey["Service"] =>
  HostSurvey.of({ survey: () => Effect.sync(() => ({ ...factsOf(world), ...world.facts })) })
