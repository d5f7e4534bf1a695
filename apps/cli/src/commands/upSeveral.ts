import { type AttachRequest, type EachVm, type RequestFlags, type UpResult, VmnetError } from "@vmnet/core"
import { Effect, Result } from "effect"
import { begin } from "../cli/begin.ts"
import { pointToHelp } from "../cli/inputs.ts"
import { notice } from "../cli/notice.ts"
import { numberedNames } from "../cli/numberedNames.ts"
import { print } from "../cli/print.ts"
import { failFirst } from "../cli/SeveralFailures.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { failuresOf, upsDocument } from "../views/ups.ts"

/** How several VMs are named. */
export interface SeveralWords {
  readonly count: string | undefined
  readonly nameTemplate: string | undefined
  readonly file: string | undefined
}

/** The flags that are for each of the VMs, and what is about one alone. */
interface ForEach extends Omit<RequestFlags, "vm" | "backend"> {
  readonly dryRun: boolean
}

/** All of them at once; each has its own answer. */
export const upSeveral = Effect.fnUntraced(function* (words: SeveralWords, { dryRun, ...flags }: ForEach) {
  const { globals, format } = yield* begin({ prints: "anything", backend: true })
  const { requestNotices, requestsOf } = yield* Effect.promise(() => import("../config/requestOf.ts"))
  const requests = yield* Effect.gen(function* () {
    const several = yield* namesOf(words)
    if ("names" in several) yield* refuseForOne({ dryRun, ...flags }, several.names.length)
    const all = yield* requestsOf({ ...flags, backend: globals.backend }, several, globals.config)
    yield* refuseForOne({ dryRun, ...flags }, all.length)
    return all
  }).pipe(Effect.mapError(pointToHelp("up")))
  yield* notice(globals, noticesOf(requests, requestNotices))
  const each = yield* withVmnet(globals, (vmnet) => vmnet.upMany(requests), summary)
  yield* print(format, upsDocument(each))
  yield* failFirst(
    "VMs did not come up",
    failuresOf(each).map(({ error }) => error)
  )
})

const namesOf = Effect.fnUntraced(function* ({ count, file, nameTemplate }: SeveralWords) {
  if (file !== undefined) return { file }
  return { names: yield* numberedNames(count ?? "", nameTemplate ?? "") }
})

/** What is the same for all of them is told once. */
const noticesOf = (
  requests: ReadonlyArray<AttachRequest>,
  noticesFor: (request: AttachRequest) => ReadonlyArray<string>
): ReadonlyArray<string> => [...new Set(requests.flatMap((request) => noticesFor(request)))]

/** No two VMs can have one address, port or namespace; and a plan is one VM's. */
const refuseForOne = Effect.fnUntraced(function* (flags: ForEach, count: number) {
  if (count < 2) return
  const { dryRun, ip, mac, netns, pid, publish, slot } = flags
  const given = Object.entries({ ip, slot, mac, netns, pid, publish: publish[0], "dry-run": dryRun ? "" : undefined })
  const refused = given.flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${value}`.trim()]))
  if (refused.length === 0) return
  return yield* new VmnetError({
    code: "OPTION_UNSUPPORTED",
    detail: refused.map((words) => `${words} is for one VM, not for ${count}`).join("\n"),
    hint: "Give each its own settings in a file: vmnet up --file vms.yaml",
    details: { options: refused, count }
  })
})

const summary = (each: ReadonlyArray<EachVm<UpResult>>): string => {
  const existing = each.filter(({ result }) => Result.isSuccess(result) && result.success.existing).length
  const failed = failuresOf(each).length
  const parts = [
    [each.length - existing - failed, "up"],
    [existing, "up already"],
    [failed, "failed"]
  ] as const
  return parts.flatMap(([count, words]) => (count === 0 ? [] : [`${count} ${words}`])).join(", ")
}
