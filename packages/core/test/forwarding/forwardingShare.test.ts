import { assert, describe, it } from "@effect/vitest"
import { forwardingShare, forwardingShares, hostNetns } from "@vmnet/core"

describe("forwardingShare", () => {
  it("gives the share that a plan has under its key", () => {
    for (const uplink of ["eth0", "eth0.100", "br-LAN", "a_b", "_5f_", "wlan°", "ü@%é", "enp0s31f6d4np1x"]) {
      for (const share of forwardingShares("global", hostNetns, uplink)) {
        assert.deepStrictEqual(forwardingShare(share.key, hostNetns), share, share.key)
      }
    }
  })

  it("gives nothing for a key that no plan has, and for what is no device's name", () => {
    const devices = ["", ".", "..", "all", "default", "ETH0", "_61_", "_2f_etc", "a_2f_b", "a_3a_b", "a_20_b", "a_0_"]
    const keys = [...devices.map((name) => `sysctl.forwarding.${name}`), "sysctl.", "nat", "sysctl.ip_forward.x"]
    for (const key of [...keys, "sysctl.forwarding.sixteencharacter"]) {
      assert.isUndefined(forwardingShare(key, hostNetns), key)
    }
  })
})
