import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { parseOwner } from "../../names/Owner.ts"
import { LinkOps } from "../../ops/LinkOps.ts"
import { hostNetns } from "../../ops/Netns.ts"
import { keyOf } from "../../resource/identity.ts"
import { isUntouched } from "../../resource/netnsPresence.ts"
import { userOfNetns } from "../users.ts"
import type { LookAlike } from "./lookAlikes.ts"

/** `vmnet-7`, `vmnet-web-7`: how slots name theirs. */
const form = /^vmnet-(?:[a-z0-9][a-z0-9._-]*-)?[0-9]+$/

/** Namespaces by name. */
export const namespacesLikeOurs = Effect.gen(function* () {
  const names = (yield* (yield* LinkOps).netnsNames).filter((name) => form.test(name))
  return names.toSorted().map((name): LookAlike => ({
    subject: { vm: null, kind: "Netns", name },
    key: keyOf("Netns", hostNetns, name),
    look: look(name),
    removal: { _tag: "DeleteNetns", name }
  }))
})

const look = Effect.fnUntraced(function* (name: string) {
  const ops = yield* LinkOps
  const [found = null] = yield* ops.findNetns([name])
  if (found === null) return "gone" as const
  if (found.alias === null) return { foreign: "no namespace is behind the name" }
  const { install } = yield* Ledger
  // That is told by its tag.
  if (parseOwner(found.alias)?.install === install) return "gone" as const
  if (found.alias !== "") return { foreign: "it carries a tag that is not ours" }
  const user = yield* userOfNetns(name, "it")
  if (user !== undefined) return { usedBy: user }
  return (yield* isUntouched(ops, name)) ? "unused" : { usedBy: "something is configured in it" }
})
