import { type Commands, type Link, type Netns, OpsError } from "@vmnet/core"
import { type Attempt, isLegalName, isPlainWord, readJson, reasonOfText } from "@vmnet/ops-common"
import { Effect } from "effect"
import { runIn } from "../netns/runIn.ts"
import { IpLinks, isNamed, toLinks } from "./ipJson.ts"

interface Place {
  readonly commands: Commands["Service"]
  readonly netns: Netns
  readonly attempt: Attempt
}

const failure = (attempt: Attempt, output: string): OpsError =>
  new OpsError({ ...attempt, reason: reasonOfText(output) ?? "Failed", output: output.trim() })

/**
 * The link in an answer. An answer for another link does not count: `ip` takes a name it does not know for an index where
 * it can. No answer at all proves nothing: a link that is not there is refused by its name.
 */
export const linkIn = Effect.fnUntraced(function* (attempt: Attempt, name: string, answer: string) {
  const observed = yield* readJson(IpLinks, attempt, answer)
  if (toLinks(observed).length === 0) return yield* failure(attempt, `ip did not answer for ${name}`)
  return toLinks(observed.filter((link) => isNamed(link, name)))[0] ?? null
})

/** What `ip -force` said about each line that failed, by line number from 1. */
export const failedLines = (stderr: string): ReadonlyMap<number, string> => {
  const said = stderr.split(/^Command failed -:(\d+)\n/m)
  const pairs = said.flatMap((words, at) => (at % 2 === 1 ? [[Number(words), said[at - 1] ?? ""] as const] : []))
  return new Map(pairs)
}

/** One `ip -force -batch` with a request per name, so that an absent one does not hide the others. */
const findPlain = Effect.fnUntraced(function* ({ attempt, commands, netns }: Place, names: ReadonlyArray<string>) {
  const found = new Map<string, Link | null>()
  if (names.length === 0) return found
  const stdin = names.map((name) => `address show dev ${name}\n`).join("")
  const args = ["-j", "-d", "-force", "-batch", "-"]
  const { exitCode, stderr, stdout } = yield* runIn(commands, netns, attempt, { program: "ip", args, stdin })
  const failed = failedLines(stderr)
  const other = [...failed.values()].find((words) => reasonOfText(words) !== "Missing")
  if (other !== undefined || (exitCode !== 0 && failed.size === 0)) return yield* failure(attempt, other ?? stderr)
  const answers = stdout.split("\n").filter((line) => line !== "")
  const expected = names.length - failed.size
  if (answers.length !== expected) return yield* failure(attempt, `${answers.length} answers instead of ${expected}`)
  for (const [at, name] of names.entries()) {
    found.set(name, failed.has(at + 1) ? null : yield* linkIn(attempt, name, answers.shift() ?? ""))
  }
  return found
})

/** A legal name that is no plain word to `ip -batch` goes as an argument of its own. */
const findOdd = Effect.fnUntraced(function* ({ attempt, commands, netns }: Place, name: string) {
  const args = ["-j", "-d", "address", "show", "dev", name]
  const { exitCode, stderr, stdout } = yield* runIn(commands, netns, attempt, { program: "ip", args })
  if (exitCode === 0) return yield* linkIn(attempt, name, stdout)
  return reasonOfText(stderr) === "Missing" ? null : yield* failure(attempt, stderr)
})

/**
 * Looks links up by name, `null` for those that are not there: the kernel's own answer to the request for that name, never
 * a conclusion from a listing. A name that no link can have needs no question.
 */
export const findLinks = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  links: ReadonlyArray<string>
) {
  const action = `find ${links.length === 1 ? `link ${links[0]}` : `${links.length} links`}`
  const place: Place = { commands, netns, attempt: { family: "link", action } }
  const legal = [...new Set(links)].filter(isLegalName)
  const found = yield* findPlain(place, legal.filter(isPlainWord))
  for (const name of legal) {
    if (!isPlainWord(name)) found.set(name, yield* findOdd(place, name))
  }
  return links.map((name) => found.get(name) ?? null)
})
