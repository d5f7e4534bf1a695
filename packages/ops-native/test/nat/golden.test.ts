import { assert, describe, it } from "@effect/vitest"
import type { NatChange, NatElement } from "@vmnet/core"
import { commandsOf, encode, keyOf, renderText, type SetElement, valueOf } from "@vmnet/ops-common"
import { natFixtures } from "@vmnet/testkit/conformance"
import { isRaw, requestsOf } from "#src/nat/commitRaw.ts"
import { getElement } from "#src/nat/elementRequests.ts"
import { batchBegin, batchEnd, getGeneration, type Request } from "#src/nat/nfnetlink.ts"
import { readElement } from "#src/nat/readElement.ts"
import { decodeMessages, encodeMessage } from "#src/netlink/message.ts"
import { asked, bounds, sent } from "./nftSent.ts"

const { add, deleteLayout, install, owner, publish, remove, segment, slot } = natFixtures

const elements: ReadonlyArray<NatElement> = [
  segment({ isolated: true }),
  segment({ device: "fifteen-letters" }),
  { _tag: "Masquerade", device: "vmb1" },
  { _tag: "HostAccess", device: "vmb1" },
  { _tag: "Guest", device: "vmb1", address: "10.0.42.2", mark: 4_294_967_294, egress: "listed" },
  { _tag: "Guest", device: "vmb1", address: "10.0.42.3", mark: 7, egress: "none" },
  { _tag: "Guest", device: "vmb1", address: "10.0.42.4", mark: 65_536, egress: "all" },
  { _tag: "Egress", address: "10.0.42.2", destination: "203.0.113.0/24" },
  { _tag: "Egress", address: "10.0.42.3", destination: "0.0.0.0/0" },
  { _tag: "Egress", address: "10.0.42.2", destination: "203.0.113.128/25", protocol: "tcp" },
  { _tag: "Egress", address: "10.0.42.2", destination: "203.0.113.7/32", protocol: "udp", ports: [53, 1053] },
  { _tag: "Egress", address: "10.0.42.2", destination: "192.0.0.0/9", protocol: "tcp", ports: [443, 443] },
  { _tag: "Port", device: "vmt1" },
  { _tag: "Detached", device: "vmt1" },
  { _tag: "Binding", port: "vmt1", mac: "02:fc:00:00:00:05", address: "10.0.42.2" },
  publish({ hostAddress: "192.0.2.1", mark: 9 }),
  publish({ protocol: "udp", hostPort: 65_535, guestPort: 1, mark: 10 }),
  slot()
]

const changes: ReadonlyArray<NatChange> = [
  ...elements.map((element) => add(element)),
  ...elements.map(remove),
  deleteLayout
]

type Tree = ReadonlyArray<readonly [type: number, content: string | Tree]>

/** All of it but the bytes between attributes, which are whatever was in nft's memory. Types keep their flags. */
const treeOf = (bytes: Uint8Array): Tree => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tree: Array<Tree[number]> = []
  for (let at = 0; at < bytes.length; at += (view.getUint16(at, true) + 3) & ~3) {
    const type = view.getUint16(at + 2, true)
    const content = bytes.subarray(at + 4, at + view.getUint16(at, true))
    tree.push([type, (type & 0x8000) === 0 ? Buffer.from(content).toString("hex") : treeOf(content)])
  }
  return tree
}

/** nft also sends the number of the set within the transaction (`NFTA_SET_ELEM_LIST_SET_ID`), for sets made in it. */
const setId = 4

const shapeOf = (message: Pick<Request, "type" | "flags" | "payload">) => ({
  type: message.type,
  flags: message.flags,
  head: Buffer.from(message.payload.subarray(0, 4)).toString("hex"),
  // The outermost in any order: nft itself names the set first when it asks.
  attributes: treeOf(message.payload.subarray(4))
    .filter(([type]) => type !== setId)
    .toSorted(([one], [other]) => one - other)
})

const shapeOfHex = (hex: string) => shapeOf(decodeMessages(Buffer.from(hex, "hex"))[0]!)

describe("what is sent for a command is what nft sends", () => {
  for (const command of commandsOf(changes).filter(isRaw)) {
    const lines = renderText(install, [command]).text.trimEnd().split("\n")
    for (const [at, line] of lines.entries()) {
      it(`${line}`, () => {
        const request = requestsOf(install, command)[at]!
        assert.isDefined(sent[line])
        assert.deepStrictEqual(shapeOf(request), shapeOfHex(sent[line]!))
      })
    }
  }

  it("a batch has the same bounds", () => {
    const hexOf = (request: Request, sequence: number) =>
      Buffer.from(encodeMessage({ ...request, sequence })).toString("hex")
    assert.strictEqual(hexOf(batchBegin(), 0), bounds.begin)
    assert.strictEqual(hexOf(batchEnd, 0x23), bounds.end)
    assert.strictEqual(hexOf(getGeneration, 0), bounds.generation)
    assert.strictEqual(hexOf(batchBegin(0x01020304), 0), "1c0000001000010000000000000000000000000a0800010001020304")
  })
})

const entries = elements.flatMap(encode)

const entryOf = (command: string): SetElement => {
  const entry = entries.find((entry) => {
    const text = renderText(install, [{ _tag: "Delete", index: 0, entry }]).text.trimEnd()
    return text.slice("delete ".length) === command.slice("get ".length)
  })
  if (entry === undefined) throw new Error(`no entry for ${command}`)
  return entry
}

describe("an element is asked for as nft asks, and read from the kernel's answer", () => {
  for (const { answer, command, request } of asked) {
    it(`${command}`, () => {
      const entry = entryOf(command)
      const asking = getElement(install, entry)
      // nft wants an acknowledgement as well, which says nothing that the answer does not.
      assert.deepStrictEqual(shapeOf({ ...asking, flags: asking.flags | 4 }), shapeOfHex(request))
      const [message] = decodeMessages(Buffer.from(answer, "hex"))
      assert.deepStrictEqual(readElement(entry, message!.payload), { ...entry, comment: owner })
    })
  }

  it("an interval is not another one that the kernel finds under its lower ends", () => {
    const { answer, command } = asked.find(({ command }) => command.includes("egress_any"))!
    const entry = entryOf(command)
    const narrower: SetElement = { ...entry, key: [entry.key[0]!, "203.0.113.0/25"] }
    const [message] = decodeMessages(Buffer.from(answer, "hex"))
    assert.isUndefined(readElement(narrower, message!.payload))
    assert.notStrictEqual(keyOf(narrower), keyOf(entry))
    assert.strictEqual(valueOf(entry), "")
  })
})
