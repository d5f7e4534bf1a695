import { type CommandError, type Commands, type HelperName, OpsError } from "@vmnet/core"
import { type Attempt } from "@vmnet/ops-common"
import { ofCommandError } from "../commands/ofCommandError.ts"
import { Effect } from "effect"
import { accessSync, constants, readFileSync } from "node:fs"
import { findProgram } from "../commands/programs.ts"

const attempt: Attempt = { family: "process", action: "look for what a user-mode network needs" }

const programsOf: Readonly<Record<HelperName, ReadonlyArray<string>>> = {
  namespace: ["unshare", "nsenter", "mkfifo", "cat", "dd", "ip", "nft"],
  slirp4netns: ["slirp4netns"],
  pasta: ["pasta"]
}

const packages: Readonly<Record<string, string>> = {
  unshare: "util-linux",
  nsenter: "util-linux",
  mkfifo: "coreutils",
  cat: "coreutils",
  dd: "coreutils",
  ip: "iproute2",
  nft: "nftables",
  slirp4netns: "slirp4netns",
  pasta: "passt"
}

const missing = (program: string, error: CommandError): OpsError =>
  new OpsError({ ...ofCommandError(attempt, error), hint: `Install it: apt-get install ${packages[program]}` })

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return ""
  }
}

/** Settings that forbid user namespaces, with what allows them: user_namespaces(7), Debian's and Ubuntu's own. */
const switches: ReadonlyArray<readonly [path: string, off: string, words: string]> = [
  ["/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"],
  ["/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"],
  [
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "1",
    "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
  ]
]

const forbidden = (said: string): OpsError => {
  const fixes = switches.filter(([path, off]) => read(path) === off).map(([, , words]) => words)
  return new OpsError({
    ...attempt,
    reason: "Unsupported",
    output: `this user may not make user namespaces: ${said.trim()}`,
    hint:
      fixes.length === 0
        ? "Run it outside of the container or sandbox that forbids them."
        : `As root: ${fixes.join(" && ")}`
  })
}

/** The only answer that counts is that of the kernel: a namespace is made and left again. */
const tryNamespace = Effect.fnUntraced(function* (commands: Commands["Service"], program: string) {
  const args = ["--user", "--map-root-user", "--net", "--", program]
  const result = yield* Effect.mapError(commands.run({ program: "unshare", args }), (error) =>
    ofCommandError(attempt, error)
  )
  if (result.exitCode !== 0) return yield* forbidden(result.stderr)
})

const tunDevice = "/dev/net/tun"

const checkTun = Effect.try({
  try: () => accessSync(tunDevice, constants.R_OK | constants.W_OK),
  catch: (cause) =>
    new OpsError({
      ...attempt,
      reason: "Unsupported",
      output: `${tunDevice} cannot be opened by this user`,
      hint: `As root: modprobe tun && chmod 0666 ${tunDevice}`,
      cause
    })
})

/** passt(1): started by root it becomes nobody, who may not enter a namespace of root's. */
const checkPasta = Effect.suspend(() =>
  process.geteuid?.() === 0
    ? Effect.fail(
        new OpsError({
          ...attempt,
          reason: "Unsupported",
          output: "pasta does not work for root",
          hint: "Run vmnet as the user whose VM it is, or set engine: slirp4netns."
        })
      )
    : Effect.void
)

/** What stops these helpers from working on this host, before anything is made. */
export const checkHelpers = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  helpers: ReadonlyArray<HelperName>
) {
  for (const program of helpers.flatMap((helper) => programsOf[helper])) {
    yield* Effect.mapError(findProgram(program), (error) => missing(program, error))
  }
  if (helpers.includes("pasta")) yield* checkPasta
  yield* checkTun
  yield* tryNamespace(commands, yield* Effect.mapError(findProgram("true"), (error) => ofCommandError(attempt, error)))
})
