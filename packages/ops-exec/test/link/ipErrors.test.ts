import { assert, describe, it } from "@effect/vitest"
import { hostNetns, type LinkChange, type OpsReason } from "@vmnet/core"
import { toBatch } from "#src/link/batch.ts"
import { reasonOfChange } from "@vmnet/ops-common"
import { failedIndex } from "#src/link/ipErrors.ts"

const up: LinkChange = { _tag: "SetUp", link: "vmt1" }
const tap: LinkChange = { _tag: "AddTap", link: "vmt1", mtu: 1500 }
const deleteAddress: LinkChange = { _tag: "DeleteAddress", link: "vmb1", address: "10.0.42.1/24" }
const addAddress: LinkChange = { ...deleteAddress, _tag: "AddAddress" }
const neighbour = { link: "vmb1", address: "10.0.42.2" }

/** What iproute2 6.1 prints on Linux 6.18, and on Linux 6.1 where that had other words. */
const texts: ReadonlyArray<readonly [OpsReason, string, LinkChange]> = [
  ["Exists", "RTNETLINK answers: File exists\nCommand failed -:2\n", up],
  ["Exists", "Error: ipv4: Address already assigned.\nCommand failed -:2\n", addAddress],
  ["Exists", "ioctl(TUNSETIFF): Device or resource busy\nCommand failed -:1\n", tap],
  ["Busy", "RTNETLINK answers: Device or resource busy\nCommand failed -:1\n", up],
  ["Missing", 'Cannot find device "nope"\nCommand failed -:1\n', up],
  ["Missing", 'Device "nope" does not exist.\nCommand failed -:1\n', up],
  ["Missing", 'Error: argument "nope" is wrong: Device does not exist\n\n', up],
  ["Missing", "RTNETLINK answers: No such device\nCommand failed -:1\n", up],
  ["Missing", "RTNETLINK answers: No such process\nCommand failed -:1\n", up],
  ["Missing", "RTNETLINK answers: No such file or directory\n", up],
  ["Missing", "Error: ipv4: Address not found.\nCommand failed -:1\n", deleteAddress],
  ["Missing", "RTNETLINK answers: Cannot assign requested address\nCommand failed -:1\n", deleteAddress],
  ["Invalid", "RTNETLINK answers: Cannot assign requested address\nCommand failed -:1\n", up],
  ["Invalid", "RTNETLINK answers: Invalid argument\nCommand failed -:1\n", up],
  ["Invalid", "RTNETLINK answers: Numerical result out of range\nCommand failed -:1\n", up],
  ["Invalid", "Error: mtu less than device minimum.\nCommand failed -:1\n", up],
  ["Invalid", "Error: mtu greater than device maximum.\nCommand failed -:1\n", up],
  ["Invalid", "Error: Nexthop has invalid gateway.\nCommand failed -:1\n", up],
  ["Invalid", "Error: Device for nexthop is not up.\nCommand failed -:1\n", up],
  ["Invalid", "RTNETLINK answers: Network is unreachable\nCommand failed -:1\n", up],
  ["Invalid", "Error: Can not enslave a bridge to a bridge.\nCommand failed -:1\n", up],
  ["Invalid", '"zz" is invalid lladdr.\n', up],
  ["Unsupported", "RTNETLINK answers: Operation not supported\nCommand failed -:2\n", up],
  ["Unsupported", "Error: Unknown device type.\nCommand failed -:1\n", up],
  ["Denied", "RTNETLINK answers: Operation not permitted\nCommand failed -:1\n", up],
  ["Denied", "open: Permission denied\nCommand failed -:1\n", tap],
  ["Failed", "RTNETLINK answers: Exchange full\nCommand failed -:1\n", up],
  ["Failed", "RTNETLINK answers: No buffer space available\nCommand failed -:1\n", up],
  ["Failed", "Segmentation fault\n", up]
]

describe("why ip failed", () => {
  for (const [reason, text, change] of texts) {
    it(`${change._tag}: ${text.split("\n")[0]} is ${reason}`, () => {
      assert.strictEqual(reasonOfChange(text, change), reason)
    })
  }
})

describe("where ip failed", () => {
  const changes: ReadonlyArray<LinkChange> = [
    tap,
    { _tag: "SetMaster", link: "vmt1", master: "vmb1", isolated: true },
    up,
    { _tag: "AddNeighbour", ...neighbour, mac: "02:00:00:00:00:05" },
    { _tag: "DeleteNeighbour", ...neighbour }
  ]
  const batch = toBatch(changes, { netns: hostNetns, ipv6: true, replaceNeighbours: new Set() })

  it("is the change of the line it names", () => {
    const indexOf = (line: number) =>
      failedIndex(batch, "", `RTNETLINK answers: File exists\nCommand failed -:${line}\n`)
    assert.deepStrictEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 11].map(indexOf), [0, 0, 1, 1, 1, 2, 2, 3, 3, 4])
  })

  it("is the last change begun when it names none", () => {
    const indexAfter = (answers: number) => failedIndex(batch, '[{"ifname":"a"}]\n'.repeat(answers), "some words\n")
    assert.deepStrictEqual([0, 1, 2, 3].map(indexAfter), [undefined, 1, 3, 4])
  })
})
