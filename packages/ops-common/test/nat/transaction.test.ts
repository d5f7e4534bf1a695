import { assert, describe, it } from "@effect/vitest"
import type { NatChange } from "@vmnet/core"
import { commandsOf, layoutText, renderJson, renderText, slotLayoutText } from "@vmnet/ops-common"
import { natFixtures } from "@vmnet/testkit/conformance"

const { add, egress, guest, install, owner, publish, remove, segment, slot } = natFixtures
const published = publish({ protocol: "udp", count: 2, mark: 18 })
const changes: ReadonlyArray<NatChange> = [
  add(segment()),
  add(guest({ mark: 17, egress: "listed" })),
  add(published),
  remove(egress("203.0.113.0/24", [400, 500])),
  remove({ _tag: "Binding", port: "vmt1", mac: "02:00:00:00:00:01", address: "10.0.42.2" })
]

const golden = `\
create inet segments [{"elem":{"val":"vmb1","comment":"${owner}"}}]
create inet pairs [{"elem":{"val":{"concat":["vmb1","vmb1"]},"comment":"${owner}"}}]
create inet guests [[{"elem":{"val":{"concat":["vmb1","10.0.42.2"]},"comment":"${owner}"}},{"continue":null}]]
create inet generations [[{"elem":{"val":"10.0.42.2","comment":"${owner}"}},17]]
create inet live [{"elem":{"val":{"concat":["10.0.42.2",17]},"comment":"${owner}"}}]
create inet publish_any [[{"elem":{"val":{"concat":[17,8080]},"comment":"${owner}"}},{"concat":["10.0.42.2",80]}]]
create inet publish_any_marks [[{"elem":{"val":{"concat":[17,8080]},"comment":"${owner}"}},18]]
create inet targets [{"elem":{"val":{"concat":[17,"10.0.42.2",80,18]},"comment":"${owner}"}}]
create inet publish_any [[{"elem":{"val":{"concat":[17,8081]},"comment":"${owner}"}},{"concat":["10.0.42.2",81]}]]
create inet publish_any_marks [[{"elem":{"val":{"concat":[17,8081]},"comment":"${owner}"}},18]]
create inet targets [{"elem":{"val":{"concat":[17,"10.0.42.2",81,18]},"comment":"${owner}"}}]
create inet live [{"elem":{"val":{"concat":["10.0.42.2",18]},"comment":"${owner}"}}]
add inet egress [{"concat":["10.0.42.2",{"prefix":{"addr":"203.0.113.0","len":24}},6,{"range":[400,500]}]}]
delete inet egress [{"concat":["10.0.42.2",{"prefix":{"addr":"203.0.113.0","len":24}},6,{"range":[400,500]}]}]
delete bridge ports ["vmt1"]
delete bridge bindings [{"concat":["vmt1","02:00:00:00:00:01","10.0.42.2"]}]`

interface JsonCommand {
  readonly element: { readonly family: string; readonly table: string; readonly name: string; readonly elem: unknown }
}

const oneLine = (command: Readonly<Record<string, JsonCommand>>): ReadonlyArray<string> =>
  Object.entries(command).map(([verb, { element }]) => {
    assert.strictEqual(element.table, "vmnet_0a1b2c3d")
    return `${verb} ${element.family} ${element.name} ${JSON.stringify(element.elem)}`
  })

describe("a transaction", () => {
  it("of elements is JSON, entry by entry", () => {
    const { nftables } = JSON.parse(renderJson(install, commandsOf(changes)) ?? "")
    assert.strictEqual(nftables.flatMap(oneLine).join("\n"), golden)
  })

  it("about an isolated segment first makes sure that nothing pairs it", () => {
    const { nftables } = JSON.parse(renderJson(install, commandsOf([remove(segment({ isolated: true }))])) ?? "")
    assert.deepStrictEqual(nftables.flatMap(oneLine), [
      'create inet pairs [{"concat":["vmb1","vmb1"]}]',
      'delete inet pairs [{"concat":["vmb1","vmb1"]}]',
      'delete inet segments ["vmb1"]'
    ])
  })

  it("that deletes the layout is JSON too", () => {
    assert.deepStrictEqual(JSON.parse(renderJson(install, commandsOf([{ _tag: "DeleteLayout" }])) ?? ""), {
      nftables: [
        { delete: { table: { family: "inet", name: "vmnet_0a1b2c3d" } } },
        { delete: { table: { family: "bridge", name: "vmnet_0a1b2c3d" } } }
      ]
    })
  })

  it("that creates the layout is text, all of it, and names the change of every line", () => {
    const commands = commandsOf([{ _tag: "AddLayout" }, ...changes])
    assert.isUndefined(renderJson(install, commands))
    const { indexes, text } = renderText(install, commands)
    const lines = text.trimEnd().split("\n")
    assert.strictEqual(lines.length, indexes.length)
    assert.deepStrictEqual(lines.slice(0, 2), [
      "create table inet vmnet_0a1b2c3d",
      "create table bridge vmnet_0a1b2c3d"
    ])
    assert.include(text, layoutText(install))
    const elements = lines.flatMap((line, at) => (line.includes(" element ") ? [`${indexes[at]} ${line}`] : []))
    const comment = `comment "${owner}"`
    assert.deepStrictEqual(elements.slice(1, 7), [
      `1 create element inet vmnet_0a1b2c3d pairs { "vmb1" . "vmb1" ${comment} }`,
      `2 create element inet vmnet_0a1b2c3d guests { "vmb1" . 10.0.42.2 ${comment} : continue }`,
      `2 create element inet vmnet_0a1b2c3d generations { 10.0.42.2 ${comment} : 17 }`,
      `2 create element inet vmnet_0a1b2c3d live { 10.0.42.2 . 17 ${comment} }`,
      `3 create element inet vmnet_0a1b2c3d publish_any { 17 . 8080 ${comment} : 10.0.42.2 . 80 }`,
      `3 create element inet vmnet_0a1b2c3d publish_any_marks { 17 . 8080 ${comment} : 18 }`
    ])
    assert.deepStrictEqual(elements.slice(-2), [
      `5 delete element bridge vmnet_0a1b2c3d ports { "vmt1" }`,
      `5 delete element bridge vmnet_0a1b2c3d bindings { "vmt1" . 02:00:00:00:00:01 . 10.0.42.2 }`
    ])
  })

  it("that adds a slot is text: its table, which must be new, then its entries", () => {
    const commands = commandsOf([add(slot())])
    assert.isUndefined(renderJson(install, commands))
    const comment = `comment "${owner}"`
    const { indexes, text } = renderText(install, commands)
    assert.deepStrictEqual(text.split("\n"), [
      "create table inet vmnet_0a1b2c3d",
      ...slotLayoutText(install).split("\n"),
      `create element inet vmnet_0a1b2c3d slot_guests { "tap0" . 02:fc:00:00:00:05 . 169.254.0.21 ${comment} }`,
      `create element inet vmnet_0a1b2c3d slot_links { "tap0" . "eth0" ${comment} }`,
      `create element inet vmnet_0a1b2c3d slot_uplinks { "eth0" ${comment} }`,
      `create element inet vmnet_0a1b2c3d slot_snat { "eth0" . 169.254.0.21 ${comment} : 10.11.0.1 }`,
      `create element inet vmnet_0a1b2c3d slot_dnat { "eth0" . 10.11.0.1 ${comment} : 169.254.0.21 }`,
      ""
    ])
    assert.deepStrictEqual([...new Set(indexes)], [0])
  })

  it("that deletes a slot names each of its entries before the table goes", () => {
    const { nftables } = JSON.parse(renderJson(install, commandsOf([remove(slot())])) ?? "")
    assert.deepStrictEqual(nftables.at(-1), { delete: { table: { family: "inet", name: "vmnet_0a1b2c3d" } } })
    assert.deepStrictEqual(nftables.slice(0, -1).flatMap(oneLine), [
      'delete inet slot_guests [{"concat":["tap0","02:fc:00:00:00:05","169.254.0.21"]}]',
      'delete inet slot_links [{"concat":["tap0","eth0"]}]',
      'delete inet slot_uplinks ["eth0"]',
      'delete inet slot_snat [{"concat":["eth0","169.254.0.21"]}]',
      'delete inet slot_dnat [{"concat":["eth0","10.11.0.1"]}]'
    ])
  })
})
