import { type LinkChange, LinkOps, hostNetns } from "@vmnet/core"
import { Effect } from "effect"
import { KernelFixture } from "./KernelFixture.ts"

export const owner = "vmnet:0a1b2c3d:vm1:1"

export const addNetns = (name: string, alias = owner): LinkChange => ({ _tag: "AddNetns", name, alias })
export const deleteNetns = (name: string): LinkChange => ({ _tag: "DeleteNetns", name })

/** The namespaces of one test: of the host, whatever namespace the test itself works in. */
export const netnsNames = Effect.gen(function* () {
  const links = yield* LinkOps
  const { netnsName } = yield* KernelFixture
  return {
    links,
    name: yield* netnsName,
    apply: (...changes: ReadonlyArray<LinkChange>) => links.apply(hostNetns, changes),
    find: (...wanted: ReadonlyArray<string>) => links.findNetns(wanted)
  }
})
