import { Commands, LinkOps, type LinkSnapshot, type Netns, OpsError } from "@vmnet/core"
import {
  type Attempt,
  interrupted,
  listNames,
  maxDumps,
  readJson,
  reasonOfText,
  wasInterrupted
} from "@vmnet/ops-common"
import { Effect, Layer } from "effect"
import { existsSync } from "node:fs"
import { runIn } from "../netns/runIn.ts"
import { applyChanges } from "./applyChanges.ts"
import { configuredOn } from "./configuredOn.ts"
import { findLinks } from "./findLinks.ts"
import { findNetns } from "./findNetns.ts"
import { IpLinks, IpNeighbours, IpRoutes, toLinks, toNeighbours, toRoutes } from "./ipJson.ts"

const dumps = ["address show", "route show", "neighbour show nud permanent"]

const attempt: Attempt = { family: "link", action: "list links" }

/**
 * Links, addresses, routes and neighbours in one run. The kernel interrupts a dump when what it lists changes meanwhile,
 * and `ip` says so on stderr with exit code 0: such a listing is thrown away.
 */
const snapshot = Effect.fnUntraced(function* (commands: Commands["Service"], netns: Netns) {
  const spec = { program: "ip", args: ["-j", "-d", "-batch", "-"], stdin: `${dumps.join("\n")}\n` }
  for (let dump = 0; dump < maxDumps; dump++) {
    const { exitCode, stdout, stderr } = yield* runIn(commands, netns, attempt, spec)
    if (wasInterrupted(stderr)) continue
    if (exitCode !== 0) {
      return yield* new OpsError({ ...attempt, reason: reasonOfText(stderr) ?? "Failed", output: stderr.trim() })
    }
    const [links = "", routes = "", neighbours = ""] = stdout.split("\n").filter((line) => line !== "")
    return {
      links: toLinks(yield* readJson(IpLinks, attempt, links)),
      routes: toRoutes(yield* readJson(IpRoutes, attempt, routes)),
      neighbours: toNeighbours(yield* readJson(IpNeighbours, attempt, neighbours))
    } satisfies LinkSnapshot
  }
  return yield* interrupted(attempt)
})

const make = Effect.gen(function* () {
  const commands = yield* Commands
  // Absent when the kernel was booted with ipv6.disable=1.
  const ipv6 = existsSync("/proc/net/if_inet6")
  return LinkOps.of({
    apply: Effect.fn("LinkOps.apply")((netns, changes) => applyChanges(commands, netns, changes, ipv6)),
    find: Effect.fn("LinkOps.find")((netns, links) => findLinks(commands, netns, links)),
    findNetns: Effect.fn("LinkOps.findNetns")((names) => findNetns(commands, names)),
    netnsNames: listNames,
    configuredOn: Effect.fn("LinkOps.configuredOn")((netns, links) => configuredOn(commands, netns, links)),
    snapshot: Effect.fn("LinkOps.snapshot")((netns) => snapshot(commands, netns))
  })
})

/** `LinkOps` over the `ip` program of iproute2. */
export const LinkOpsIp: { readonly layer: Layer.Layer<LinkOps, never, Commands> } = {
  layer: Layer.effect(LinkOps, make)
}
