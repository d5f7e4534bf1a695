import { assert, describe, it } from "@effect/vitest"
import { hostNetns, type LinkChange, namedNetns } from "@vmnet/core"
import { segmentsOf } from "@vmnet/ops-common"

const up = (link: string): LinkChange => ({ _tag: "SetUp", link })
const addNetns = (name: string): LinkChange => ({ _tag: "AddNetns", name, alias: "vmnet:0a1b2c3d:vm1:1" })
const deleteNetns = (name: string): LinkChange => ({ _tag: "DeleteNetns", name })
const box = namedNetns("box")

/** `host 0-2`: where, and which changes. */
const cut = (netns: Parameters<typeof segmentsOf>[0], ...changes: ReadonlyArray<LinkChange>) =>
  segmentsOf(netns, changes).map(({ from, netns, to }) => `${netns._tag === "Host" ? "host" : "box"} ${from}-${to}`)

describe("changes of links", () => {
  it("are one piece as long as no namespace is made or deleted", () => {
    assert.deepStrictEqual(cut(hostNetns), [])
    assert.deepStrictEqual(cut({ _tag: "Host" }, up("a"), up("b"), up("c")), ["host 0-3"])
    assert.deepStrictEqual(cut(box, up("a"), up("b")), ["box 0-2"])
  })

  it("are cut behind every namespace that is made, before anything can happen in it", () => {
    const changes = [up("a"), addNetns("n"), addNetns("m"), up("b"), up("c")]
    assert.deepStrictEqual(cut(hostNetns, ...changes), ["host 0-2", "host 2-3", "host 3-5"])
  })

  it("are cut behind namespaces that are deleted, which go together", () => {
    const changes = [up("a"), deleteNetns("n"), deleteNetns("m"), up("b")]
    assert.deepStrictEqual(cut(hostNetns, ...changes), ["host 0-3", "host 3-4"])
  })

  it("make and delete namespaces from the host's own, wherever they happen", () => {
    const changes = [up("a"), addNetns("n"), up("b"), deleteNetns("n"), addNetns("n")]
    assert.deepStrictEqual(cut(box, ...changes), ["box 0-1", "host 1-2", "box 2-3", "host 3-4", "host 4-5"])
  })
})
