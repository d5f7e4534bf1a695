import { type Commands, type Configured, type Netns, OpsError } from "@vmnet/core"
import {
  type Attempt,
  interrupted,
  invalid,
  isReferableName,
  maxDumps,
  readJson,
  reasonOfText,
  wasInterrupted
} from "@vmnet/ops-common"
import { Effect } from "effect"
import { runIn } from "../netns/runIn.ts"
import { failedLines, linkIn } from "./findLinks.ts"
import { IpNeighbours, IpRoutes, toNeighbours, toRoutes } from "./ipJson.ts"

/** The kernel lists what is on one link only, when asked with its name (`NETLINK_GET_STRICT_CHK`). */
const requests = (link: string): ReadonlyArray<string> => [
  `address show dev ${link}`,
  `route show dev ${link}`,
  `neighbour show dev ${link} nud permanent`
]

const failure = (attempt: Attempt, output: string): OpsError =>
  new OpsError({ ...attempt, reason: reasonOfText(output) ?? "Failed", output: output.trim() })

/** What `ip` printed for a request, null where it refused it because there is no such link. */
type Answer = string | null

/** Of one link, from the answers to its requests; `ip` does not repeat the device it was asked for. */
const configured = Effect.fnUntraced(function* (attempt: Attempt, link: string, answers: ReadonlyArray<Answer>) {
  const [address, routes, neighbours] = answers
  if (address == null || routes == null || neighbours == null) return { link: null, routes: [], neighbours: [] }
  const entries = yield* readJson(IpNeighbours, attempt, neighbours)
  return {
    link: yield* linkIn(attempt, link, address),
    routes: toRoutes(yield* readJson(IpRoutes, attempt, routes)).map((route) => Object.assign(route, { link })),
    neighbours: toNeighbours(entries.map((entry) => Object.assign({}, entry, { dev: link })))
  } satisfies Configured
})

/** What was answered to each request, in their order; nothing to one about a link that is not there. */
const answersOf = Effect.fnUntraced(function* (attempt: Attempt, asked: number, stdout: string, stderr: string) {
  const failed = failedLines(stderr)
  const other = [...failed.values()].find((words) => reasonOfText(words) !== "Missing")
  if (other !== undefined) return yield* failure(attempt, other)
  const answers = stdout.split("\n").filter((line) => line !== "")
  const expected = asked - failed.size
  if (answers.length !== expected) return yield* failure(attempt, `${answers.length} answers instead of ${expected}`)
  return Array.from({ length: asked }, (_, at) => (failed.has(at + 1) ? null : answers.shift()!))
})

/** Links with their routes and permanent neighbours, for all of them in one run. */
export const configuredOn = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  links: ReadonlyArray<string>
) {
  const attempt: Attempt = { family: "link", action: `list what is configured on ${links.join(", ")}` }
  const odd = links.find((link) => !isReferableName(link))
  if (odd !== undefined) return yield* invalid(attempt, `link name ${JSON.stringify(odd)} is not usable`)
  if (links.length === 0) return []
  const lines = links.flatMap(requests)
  const args = ["-j", "-d", "-force", "-batch", "-"]
  for (let dump = 0; dump < maxDumps; dump++) {
    const spec = { program: "ip", args, stdin: lines.map((line) => `${line}\n`).join("") } as const
    const { exitCode, stderr, stdout } = yield* runIn(commands, netns, attempt, spec)
    if (wasInterrupted(stderr)) continue
    if (exitCode !== 0 && failedLines(stderr).size === 0) return yield* failure(attempt, stderr)
    const answers = yield* answersOf(attempt, lines.length, stdout, stderr)
    const perLink = answers.length / links.length
    return yield* Effect.forEach(links, (link, at) =>
      configured(attempt, link, answers.slice(at * perLink, (at + 1) * perLink))
    )
  }
  return yield* interrupted(attempt)
})
