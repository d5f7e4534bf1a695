import { Effect } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { parseOwner } from "../names/Owner.ts"
import { LinkOps } from "../ops/LinkOps.ts"
import { natElementKey } from "../ops/NatElement.ts"
import { NatOps } from "../ops/NatOps.ts"
import { hostNetns } from "../ops/Netns.ts"

const hint =
  "Run vmnet gc: it records such objects, and vmnet ls shows whose they are. Then vmnet down takes them away."

export const onNoRecord = (error: VmnetError, name: string, tag: string): VmnetError =>
  new VmnetError({
    code: error.code,
    detail: `${error.message}; ${name} carries this install's tag (${tag}) but is on no record`,
    hint,
    details: { ...error.details, tag },
    cause: error
  })

/**
 * Says of what is in the way whether it is ours by its tag. Had it been on record, it would have been refused for that
 * before anything was tried.
 */
export const explainTaken = (error: VmnetError) =>
  Effect.gen(function* () {
    const name = error.details?.["name"]
    if (error.code !== "NAME_TAKEN" || typeof name !== "string") return error
    const tags = yield* Effect.orElseSucceed(tagsOf(name, error.details?.["kind"]), () => [])
    const { install } = yield* Ledger
    const tag = tags.find((one) => parseOwner(one)?.install === install)
    return tag === undefined ? error : onNoRecord(error, name, tag)
  })

/** What the objects on the host with this name are tagged with. */
const tagsOf = Effect.fnUntraced(function* (name: string, kind: unknown) {
  if (kind === "NatElement") {
    const { elements } = yield* (yield* NatOps).snapshot(hostNetns)
    return elements.flatMap(({ element, owner }) => (natElementKey(element) === name ? [owner] : []))
  }
  const ops = yield* LinkOps
  const [namespace] = yield* ops.findNetns([name])
  const [link] = yield* ops.find(hostNetns, [name])
  return [namespace?.alias, link?.alias].filter((alias) => typeof alias === "string")
})
