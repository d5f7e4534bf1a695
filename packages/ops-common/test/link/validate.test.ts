import { assert, describe, it } from "@effect/vitest"
import type { LinkChange } from "@vmnet/core"
import { objectionToChange } from "@vmnet/ops-common"

const bridge = { _tag: "AddBridge", link: "vmb1", mac: "02:00:00:00:00:01", mtu: 1500 } as const
const peer = { link: "eth0", netns: { _tag: "Host" }, mac: "02:00:00:00:00:02" } as const

/** Names that ip would take for something else, or that could add words or lines of their own to a batch. */
const dangerous = ["", "-h", "--", "a b", "a\nb", "a\tb", "a\0b", "a/b", "a:b", ".", "..", 'a"b', "a'b", "a#b", "a\\"]

describe("a link name", () => {
  for (const name of [...dangerous, "if7", "sixteen-letters-"]) {
    it(`${JSON.stringify(name)} is refused wherever it stands`, () => {
      const changes: ReadonlyArray<LinkChange> = [
        { ...bridge, link: name },
        { _tag: "AddTap", link: name, mtu: 1500 },
        { _tag: "AddVeth", link: name, mtu: 1500, peer },
        { _tag: "AddVeth", link: "vmv1", mtu: 1500, peer: { ...peer, link: name } },
        { _tag: "SetAlias", link: name, alias: "x" },
        { _tag: "SetMaster", link: name, master: "vmb1", isolated: false },
        { _tag: "SetMaster", link: "vmt1", master: name, isolated: false },
        { _tag: "SetUp", link: name },
        { _tag: "AddAddress", link: name, address: "10.0.0.1/24" },
        { _tag: "DeleteAddress", link: name, address: "10.0.0.1/24" },
        { _tag: "AddRoute", link: name, destination: "default" },
        { _tag: "DeleteRoute", link: name, destination: "default" },
        { _tag: "AddNeighbour", link: name, address: "10.0.0.2", mac: "02:00:00:00:00:01" },
        { _tag: "DeleteNeighbour", link: name, address: "10.0.0.2" },
        { _tag: "DeleteLink", link: name }
      ]
      for (const change of changes) assert.isString(objectionToChange(change), change._tag)
    })
  }

  it("of somebody else may be referred to, but not made", () => {
    for (const link of ["eth0.100", "br-lan", "$(x)", "a*", "é"]) {
      assert.isUndefined(objectionToChange({ _tag: "SetUp", link }), link)
    }
    for (const link of ["$(x)", "a*", "é", "UPPER"]) assert.isString(objectionToChange({ ...bridge, link }), link)
  })
})

describe("the name of a namespace", () => {
  for (const name of [...dangerous, "a..b", "UPPER", "é", "$(x)", "a*", "../a", "x".repeat(97)]) {
    it(`is never ${JSON.stringify(name)}`, () => {
      assert.isString(objectionToChange({ _tag: "AddNetns", name, alias: "x" }))
      assert.isString(objectionToChange({ _tag: "DeleteNetns", name }))
    })
  }

  it("is anything a VM may be called", () => {
    for (const name of ["a", "7", "vm-1.x_y", "x".repeat(63)]) {
      assert.isUndefined(objectionToChange({ _tag: "AddNetns", name, alias: "vmnet:0a1b2c3d:vm1:1" }))
      assert.isUndefined(objectionToChange({ _tag: "DeleteNetns", name }))
    }
  })
})

describe("the values of a change", () => {
  const wrong: ReadonlyArray<LinkChange> = [
    { ...bridge, mac: "02:00:00:00:00" },
    { ...bridge, mac: "02:00:00:00:00:01 type dummy" },
    { ...bridge, mtu: 67 },
    { ...bridge, mtu: 65_536 },
    { ...bridge, mtu: 1500.5 },
    { _tag: "AddTap", link: "vmt1", mtu: 1500, uid: -1 },
    { _tag: "AddTap", link: "vmt1", mtu: 1500, gid: 2 ** 32 - 1 },
    { _tag: "SetAlias", link: "vmt1", alias: "two words" },
    { _tag: "SetAlias", link: "vmt1", alias: "line\nend" },
    { _tag: "SetAlias", link: "vmt1", alias: "x".repeat(256) },
    { _tag: "AddNetns", name: "a", alias: "" },
    { _tag: "AddNetns", name: "a", alias: "two words" },
    { _tag: "AddNetns", name: "a", alias: "x".repeat(256) },
    { _tag: "AddAddress", link: "vmb1", address: "10.0.0.1" },
    { _tag: "AddAddress", link: "vmb1", address: "10.0.0.1/33" },
    { _tag: "AddAddress", link: "vmb1", address: "10.0.0.01/24" },
    { _tag: "AddAddress", link: "vmb1", address: "fe80::1/64" },
    { _tag: "AddRoute", link: "vmb1", destination: "10.0.0.1/24" },
    { _tag: "AddRoute", link: "vmb1", destination: "everywhere" },
    { _tag: "AddRoute", link: "vmb1", destination: "default", via: "10.0.0.256" },
    { _tag: "AddNeighbour", link: "vmb1", address: "10.0.0.2/32", mac: "02:00:00:00:00:01" }
  ]
  for (const change of wrong) {
    it(`${JSON.stringify(change)} is refused`, () => assert.isString(objectionToChange(change)))
  }

  it("are accepted at their bounds", () => {
    const right: ReadonlyArray<LinkChange> = [
      { ...bridge, mtu: 68 },
      { ...bridge, mtu: 65_535 },
      { _tag: "AddTap", link: "a", mtu: 1500, uid: 0, gid: 2 ** 32 - 2 },
      { _tag: "AddAddress", link: "vmb1", address: "10.0.0.1/32" },
      { _tag: "AddRoute", link: "vmb1", destination: "0.0.0.0/0" },
      { _tag: "AddRoute", link: "vmb1", destination: "10.0.0.1/32", via: "10.0.0.2" }
    ]
    for (const change of right) assert.isUndefined(objectionToChange(change))
  })
})
