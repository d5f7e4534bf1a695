import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { closeSync, existsSync, openSync } from "node:fs"
import type { NetnsFile } from "./CommandRunner.ts"
import { mayEnterNetns, startTimeOf } from "./procStat.ts"

const programs = ["/usr/bin/nsenter", "/bin/nsenter", "/usr/sbin/nsenter", "/sbin/nsenter"]

const toolMissing = new VmnetError({
  code: "TOOL_MISSING",
  detail: "nsenter is not installed: the VM's network namespace cannot be entered without it",
  hint: "Install util-linux."
})

const noPermission = (netns: NetnsFile): VmnetError =>
  new VmnetError({
    code: "NO_PERMISSION",
    detail: `network namespace ${netns.path} can only be entered with CAP_SYS_ADMIN`,
    hint: "Run as root."
  })

const unreachable = (netns: NetnsFile, cause: unknown): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `network namespace ${netns.path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "Whatever held it may have ended, and the VM's device with it.",
    cause
  })

const open = (netns: NetnsFile, path: string) =>
  Effect.acquireRelease(
    Effect.try({ try: () => openSync(path, "r"), catch: (cause) => unreachable(netns, cause) }),
    (descriptor) => Effect.sync(() => closeSync(descriptor))
  )

/**
 * The words in front of a command that bring it into the namespace, good while the scope is open. The namespace is held
 * open first and the process that names it checked then, so that a pid recycled in between is noticed.
 */
export const netnsDoor = Effect.fn("netnsDoor")(function* (netns: NetnsFile) {
  const nsenter = programs.find((program) => existsSync(program))
  if (nsenter === undefined) return yield* toolMissing
  if (netns.user !== true && !mayEnterNetns()) return yield* noPermission(netns)
  const descriptor = yield* open(netns, netns.path)
  const user = netns.user === true ? [yield* open(netns, netns.path.replace(/net$/, "user"))] : []
  const { process: owner } = netns
  if (owner !== undefined) {
    const startTime = yield* Effect.try({
      try: () => startTimeOf(owner.pid),
      catch: (cause) => unreachable(netns, cause)
    })
    if (startTime !== owner.startTime) return yield* unreachable(netns, `process ${owner.pid} is another one now`)
  }
  return [
    nsenter,
    `--net=/proc/${process.pid}/fd/${descriptor}`,
    ...user.flatMap((fd) => [`--user=/proc/${process.pid}/fd/${fd}`, "--preserve-credentials"]),
    "--"
  ] as const
})
