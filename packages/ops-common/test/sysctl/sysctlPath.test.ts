import { isSysctlValue, sysctlPath } from "@vmnet/ops-common"
import { assert, it } from "@effect/vitest"

it("a key is a file below net, whatever the link in it is called", () => {
  assert.strictEqual(sysctlPath(["net", "ipv4", "ip_forward"]), "/proc/sys/net/ipv4/ip_forward")
  for (const link of ["eth0.100", "-h", "$(x)", 'a"b', "a*"]) {
    const key = ["net", "ipv4", "conf", link, "forwarding"]
    assert.strictEqual(sysctlPath(key), `/proc/sys/net/ipv4/conf/${link}/forwarding`)
  }
})

it("a key that leads anywhere else is refused", () => {
  const keys = [
    [],
    ["net"],
    ["kernel", "hostname"],
    ["net", "..", "kernel", "hostname"],
    ["net", "ipv4", "."],
    ["net", "ipv4/../../kernel/hostname"],
    ["net", "ipv4", ""],
    ["net", "ipv4", "ip_forward\0x"],
    ["net", "ipv4", "ip forward"],
    ["/etc", "passwd"]
  ]
  for (const key of keys) assert.isUndefined(sysctlPath(key), key.join("|"))
})

it("a value is one line", () => {
  for (const value of ["0", "-1", "40000 50000", "4096\t87380"]) assert.isTrue(isSysctlValue(value), value)
  for (const value of ["", "1\n", "1\0", "é", "x".repeat(257)]) assert.isFalse(isSysctlValue(value), value)
})
