import { assert, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs"

const links = (): Array<[name: string, state: string]> =>
  JSON.parse(execFileSync("ip", ["-json", "link"], { encoding: "utf8" })).map(
    (link: { readonly ifname: string; readonly operstate: string }) => [link.ifname, link.operstate]
  )

/**
 * What every privileged test file may rely on. Two files run it: each leaves a device behind that the other must not
 * find, whether they run side by side or one after the other.
 */
export const privateNetworkTests = (): void => {
  it("starts with nothing but a loopback device that is down", () => {
    assert.deepStrictEqual(links(), [["lo", "DOWN"]])
    assert.deepStrictEqual(readdirSync("/sys/class/net"), ["lo"])
    execFileSync("ip", ["link", "add", "witness0", "type", "veth", "peer", "name", "witness1"])
    assert.include(readdirSync("/sys/class/net"), "witness0")
  })

  it("has namespaces that the parent process is not in", () => {
    for (const kind of ["net", "mnt"]) {
      assert.notStrictEqual(readlinkSync(`/proc/self/ns/${kind}`), readlinkSync(`/proc/${process.ppid}/ns/${kind}`))
    }
  })

  it("has a /run that the machine does not see", () => {
    assert.isFalse(existsSync("/run/witness"))
    writeFileSync("/run/witness", "")
    assert.isTrue(existsSync("/proc/self/root/run/witness"))
    assert.isFalse(existsSync(`/proc/${process.ppid}/root/run/witness`))
  })
}
