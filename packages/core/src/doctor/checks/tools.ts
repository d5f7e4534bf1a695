import type { ProgramFacts } from "../../ops/HostSurvey.ts"
import { type Check, ok, problem, type Said, warning } from "../Check.ts"

/** The programs vmnet runs, the Debian package of each, and what does not work without it. */
const tools: ReadonlyArray<readonly [program: string, debian: string, forWhat: string | null]> = [
  ["ip", "iproute2", null],
  ["nft", "nftables", null],
  ["mount", "mount", "vmnet resolv-conf"],
  ["umount", "mount", "vmnet resolv-conf"],
  ["nsenter", "util-linux", null],
  ["unshare", "util-linux", null],
  ["slirp4netns", "slirp4netns", "the slirp backend"],
  ["pasta", "passt", "the slirp backend with engine: pasta"]
]

const judge = (facts: ProgramFacts, debian: string, forWhat: string | null): ReadonlyArray<Said> => {
  const { distrusted, found, program } = facts
  const say = forWhat === null ? problem : warning
  const needed = forWhat === null ? "vmnet does not work without it" : `${forWhat} does not work without it`
  if (!found) return [say(`${program} is not installed: ${needed}`, `apt-get install ${debian}`, { ...facts })]
  if (distrusted === null) return [ok(program, { ...facts })]
  return [
    say(
      `${program} is not run, because ${distrusted}: ${needed}`,
      `ls -l "$(command -v ${program})" # it and its directory must be root's alone to write; else reinstall: apt-get install --reinstall ${debian}`,
      { ...facts }
    )
  ]
}

/** One line where all is well: a line for each program that is not. */
export const programs: Check = {
  id: "tools",
  diagnose: (facts) => {
    const said = tools.flatMap(([program, debian, forWhat]) => {
      const found = facts.programs.find((one) => one.program === program)
      return found === undefined ? [] : judge(found, debian, forWhat)
    })
    const well = said.filter(({ status }) => status === "ok")
    const rest = said.filter(({ status }) => status !== "ok")
    if (well.length === 0) return rest
    const names = well.map(({ message }) => message).join(", ")
    return [...rest, ok(`${names}: installed`, { programs: well.map(({ details }) => details) })]
  }
}
