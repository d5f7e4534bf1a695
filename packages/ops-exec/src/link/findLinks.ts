import { type Commands, type Link, type Netns, OpsError } from "@vmnet/core"
import { Effect } from "effect"
import { type Attempt, invalid } from "../commands/opsErrors.ts"
import { runIn } from "../netns/runIn.ts"
import { isReferableName } from "../text/names.ts"
import { reasonOfText } from "../text/reasons.ts"
import { IpLinks, isNamed, toLinks } from "./ipJson.ts"
import { readJson } from "../text/readJson.ts"

/** What `ip -force` said about each line that failed, by line number from 1. */
const failedLines = (stderr: string): ReadonlyMap<number, string> => {
  const said = stderr.split(/^Command failed -:(\d+)\n/m)
  const pairs = said.flatMap((words, at) => (at % 2 === 1 ? [[Number(words), said[at - 1] ?? ""] as const] : []))
  return new Map(pairs)
}

const failure = (attempt: Attempt, output: string): OpsError =>
  new OpsError({ ...attempt, reason: reasonOfText(output) ?? "Failed", output: output.trim() })

/**
 * Looks links up by name: one `ip -force -batch` with a request per name, so that an absent one does not hide the others.
 * Absence is the kernel's own answer to the request for that name. An answer for another link does not count: `ip` takes
 * a name it does not know for an index where it can.
 */
export const findLinks = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  links: ReadonlyArray<string>
) {
  if (links.length === 0) return []
  const attempt: Attempt = { family: "link", action: `find ${links.length === 1 ? links[0] : `${links.length} links`}` }
  const odd = links.findIndex((link) => !isReferableName(link))
  if (odd !== -1) return yield* invalid(attempt, `link name ${JSON.stringify(links[odd])} is not usable`, odd)
  const stdin = links.map((link) => `address show dev ${link}\n`).join("")
  const args = ["-j", "-d", "-force", "-batch", "-"]
  const { exitCode, stdout, stderr } = yield* runIn(commands, netns, attempt, { program: "ip", args, stdin })
  const failed = failedLines(stderr)
  if (exitCode !== 0 && failed.size === 0) return yield* failure(attempt, stderr)
  const other = [...failed.values()].find((words) => reasonOfText(words) !== "Missing")
  if (other !== undefined) return yield* failure(attempt, other)
  const answers = stdout.split("\n").filter((line) => line !== "")
  if (answers.length + failed.size !== links.length)
    return yield* failure(attempt, `ip answered ${answers.length} of ${links.length} requests`)
  const found: Array<Link | null> = []
  for (const [at, name] of links.entries()) {
    const observed = failed.has(at + 1) ? [] : yield* readJson(IpLinks, attempt, answers.shift() ?? "[]")
    found.push(toLinks(observed.filter((link) => isNamed(link, name)))[0] ?? null)
  }
  return found
})
