import { assert, describe, it } from "@effect/vitest"
import { maxDumps } from "@vmnet/ops-common"
import { getLink, listLinks, setLink } from "#src/link/encodeLink.ts"
import { listRoutes } from "#src/link/encodeRoute.ts"
import { findConfigured, findLink, observeAll } from "#src/link/observe.ts"
import { Interrupted } from "#src/link/Refused.ts"
import { Rtnetlink, type Socket } from "#src/link/Rtnetlink.ts"
import type { Answer } from "#src/netlink/NetlinkSocket.ts"
import { rtm } from "#src/netlink/rtnetlink.ts"
import { messagesOf } from "./capturedAnswers.ts"

const answer = (question: string, more: Partial<Answer> = {}): Answer => ({
  messages: messagesOf(question),
  error: undefined,
  interrupted: false,
  ...more
})
const refusal = (errno: number, words = ""): Answer => ({ messages: [], error: { errno, words }, interrupted: false })

/** A socket that answers by the type of a request, and remembers which were asked. */
const answering = (answerTo: (type: number, times: number) => Answer) => {
  const asked: Array<number> = []
  const socket: Socket = {
    query: (type) => answerTo(type, asked.push(type)),
    request: (type) => answerTo(type, asked.push(type))
  }
  return { asked, links: new Rtnetlink(socket) }
}

/** The bridge with index 3 among the captured links. */
const bridge: Answer = { ...answer("links"), messages: messagesOf("links").slice(1, 2) }
const nothing: Answer = { messages: [], error: undefined, interrupted: false }

describe("a listing", () => {
  it("that was interrupted is asked for again, until it is whole", () => {
    const { asked, links } = answering((_, times) => answer("links", { interrupted: times < 3 }))
    assert.lengthOf(links.list(listLinks), 6)
    assert.lengthOf(asked, 3)
  })

  it("that is interrupted again and again is none", () => {
    const { asked, links } = answering(() => answer("links", { interrupted: true }))
    assert.throws(() => links.list(listLinks), Interrupted)
    assert.lengthOf(asked, maxDumps)
  })

  it("of a table of routes that was never used is empty, of anything that is refused an error", () => {
    assert.deepStrictEqual(answering(() => refusal(2)).links.list(listRoutes()), [])
    assert.throws(() => answering(() => refusal(1)).links.list(listRoutes()), "Operation not permitted")
  })
})

describe("a link", () => {
  it("is not there where the kernel says so, and nowhere else", () => {
    assert.isUndefined(answering(() => refusal(19)).links.get(getLink({ link: "vmx1" })))
    assert.throws(() => answering(() => refusal(1)).links.get(getLink({ link: "vmx1" })), "Operation not permitted")
    assert.isNull(findLink(answering(() => refusal(19)).links, "vmx1"))
  })

  it("is looked up once, until it may have become another", () => {
    const { asked, links } = answering(() => bridge)
    assert.deepStrictEqual([links.indexOf("vmb1"), links.indexOf("vmb1")], [3, 3])
    assert.lengthOf(asked, 1)
    links.forget()
    links.indexOf("vmb1")
    assert.lengthOf(asked, 2)
  })

  it("that is not there is named in the words given for it, other refusals in those of the kernel", () => {
    const request = setLink({ link: "vmx1" }, { mtu: 1400 })
    assert.throws(() => answering(() => refusal(19)).links.tell(request, "no vmx1"), "no vmx1")
    assert.throws(() => answering(() => refusal(19)).links.tell(request), "RTNETLINK answers: No such device")
    assert.throws(() => answering(() => refusal(22, "too small")).links.tell(request, "no vmx1"), "Error: too small.")
    assert.throws(() => answering(() => refusal(19)).links.indexOf("vmx1", "which one?"), "which one?")
  })

  it("that goes away between two questions about it is not there", () => {
    const until = (gone: number) => (type: number) => {
      if (type === gone) return refusal(19)
      return type === rtm.getLink ? bridge : nothing
    }
    assert.isNull(findLink(answering(until(rtm.getAddress)).links, "vmb1"))
    const nothingOn = { link: null, routes: [], neighbours: [] }
    for (const gone of [rtm.getAddress, rtm.getRoute, rtm.getNeighbour]) {
      assert.deepStrictEqual(findConfigured(answering(until(gone)).links, "vmb1"), nothingOn)
    }
    assert.strictEqual(findConfigured(answering(until(0)).links, "vmb1").link?.link, "vmb1")
  })

  it("whose name nobody knows any more is called by its index", () => {
    const { links } = answering((type) => {
      if (type === rtm.getRoute) return answer("routes")
      return type === rtm.getLink ? { ...refusal(19), error: undefined } : nothing
    })
    assert.includeMembers(
      observeAll(links).routes.map(({ link }) => link),
      ["if3", "if6", null]
    )
  })
})
