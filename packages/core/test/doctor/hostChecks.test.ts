import { assert, describe, it } from "@effect/vitest"
import { diagnose, hasLedger, type HostFacts, seen, unseen } from "@vmnet/core"
import { context, factsWith, network, stateDirectory } from "./support/facts.ts"
import { type Row, testRows } from "./support/rows.ts"

const routes = (uplink: string | null, defaultRoutes: number, ...destinations: ReadonlyArray<string>) =>
  seen({ uplink, defaultRoutes, routes: destinations.map((destination) => ({ destination, link: "tun0" })) })
const kernel = { release: "6", maxUserNamespaces: "9", unprivilegedUserNamespaces: "1", apparmorRestriction: "0" }
const nm = (...values: ReadonlyArray<string>) =>
  seen({ running: true, unmanaged: values.map((value) => ({ file: "/etc/x.conf", value })) })
const networkd = (match: ReadonlyArray<readonly [string, string]>, unmanaged = false) =>
  seen({ running: true, files: [{ file: "/etc/systemd/network/x.network", match, unmanaged }] })
const rows: ReadonlyArray<Row> = [
  [
    "a process with too few rights",
    "permissions",
    { process: seen({ uid: 1, missing: ["CAP_NET_ADMIN"] }) },
    "warning",
    /^sudo vmnet up/
  ],
  ["no /dev/net/tun", "tun", { tun: seen(null) }, "problem", "modprobe tun"],
  [
    "a file in place of /dev/net/tun",
    "tun",
    { tun: seen({ character: false, mode: 0o666, usable: true }) },
    "problem",
    /^rm/
  ],
  [
    "a tun device of root's alone",
    "tun",
    { tun: seen({ character: true, mode: 0o600, usable: false }) },
    "problem",
    "chmod 0666 /dev/net/tun"
  ],
  [
    "no user namespaces",
    "user-namespaces",
    { kernel: seen({ ...kernel, maxUserNamespaces: "0" }) },
    "warning",
    "sysctl -w user.max_user_namespaces=15000"
  ],
  [
    "none but for root",
    "user-namespaces",
    { kernel: seen({ ...kernel, unprivilegedUserNamespaces: "0", apparmorRestriction: "1" }) },
    "warning",
    "sysctl -w kernel.unprivileged_userns_clone=1 && sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
  ],
  ["a kernel with user namespaces", "user-namespaces", { kernel: seen(kernel) }, "ok"],
  [
    "a route over the subnet",
    "subnets",
    { routing: routes("eth0", 1, "10.0.0.0/8") },
    "warning",
    /networks\.bridge another subnet/
  ],
  [
    "a route over a default subnet's inside",
    "subnets",
    { routing: routes("eth0", 1, "10.0.0.0/8") },
    "ok",
    undefined,
    { networks: [{ ...network, inside: true }] }
  ],
  ["a VPN's two halves of everything", "subnets", { routing: routes("eth0", 1, "0.0.0.0/1", "128.0.0.0/1") }, "ok"],
  [
    "a route that leads to us",
    "subnets",
    {
      routing: seen({
        uplink: null,
        defaultRoutes: 0,
        routes: [{ destination: "10.0.42.0/24", link: "vmbabcdefghijkl" }]
      })
    },
    "ok"
  ],
  [
    "NetworkManager that manages everything",
    "network-manager",
    { networkManager: nm() },
    "warning",
    /90-vmnet\.conf && nmcli general reload$/
  ],
  [
    "NetworkManager that is told",
    "network-manager",
    { networkManager: nm("interface-name:vmb*;interface-name:vmt*,interface-name:vmv*") },
    "ok"
  ],
  ["NetworkManager that is told of some", "network-manager", { networkManager: nm("interface-name:vmb*") }, "warning"],
  [
    "a setting that adds",
    "network-manager",
    { networkManager: nm("interface-name:vmb*", "+interface-name:vm?*") },
    "ok"
  ],
  [
    "a setting that takes the place of another",
    "network-manager",
    { networkManager: nm("interface-name:vm*", "interface-name:eth0") },
    "warning"
  ],
  [
    "networkd for everything",
    "networkd",
    { networkd: networkd([["Name", "*"]]) },
    "warning",
    /05-vmnet\.network && networkctl reload$/
  ],
  ["networkd for all that is ethernet", "networkd", { networkd: networkd([["Type", "ether"]]) }, "warning"],
  ["networkd that leaves everything alone", "networkd", { networkd: networkd([["Name", "*"]], true) }, "ok"],
  ["networkd for a device", "networkd", { networkd: networkd([["Name", "eth0 en*"]]) }, "ok"],
  [
    "networkd for a driver",
    "networkd",
    {
      networkd: networkd([
        ["Type", "ether"],
        ["Driver", "virtio_net"]
      ])
    },
    "ok"
  ],
  ["networkd for a file without conditions", "networkd", { networkd: networkd([]) }, "ok"],
  ["no state directory", "state-directory", {}, "ok"],
  ["a state directory in order", "state-directory", { stateDirectory: seen(stateDirectory) }, "ok"],
  [
    "one that is open",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, mode: 0o755 }) },
    "problem",
    "chmod 0700 /run/vmnet"
  ],
  [
    "one with a hostile name",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, mode: 0o755 }) },
    "problem",
    "chmod 0700 '/x '\\''$(y)'",
    { stateDir: "/x '$(y)" }
  ],
  [
    "a link in its place",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, kind: "link" }) },
    "problem",
    /--state-dir/
  ],
  [
    "somebody else's",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, uid: 7 }) },
    "warning",
    "sudo vmnet doctor"
  ],
  [
    "one without room",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, unwritable: seen("blocks") }) },
    "problem",
    /^df -h \/run\/vmnet/
  ],
  [
    "one without a free inode",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, unwritable: seen("inodes") }) },
    "problem",
    /^df -i/
  ],
  [
    "one that is read-only",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, unwritable: seen("read-only") }) },
    "problem",
    /^findmnt -T/
  ],
  [
    "a ledger that is none",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, ledger: seen({ bytes: 9, format: null }) }) },
    "problem",
    "vmnet gc"
  ],
  [
    "a ledger of tomorrow",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, ledger: seen({ bytes: 9, format: 99 }) }) },
    "problem",
    /newer vmnet/
  ],
  [
    "a ledger of yesterday",
    "state-directory",
    { stateDirectory: seen({ ...stateDirectory, ledger: seen({ bytes: 9, format: 1 }) }) },
    "warning"
  ],
  ["no place for one", "state-directory", {}, "warning", /--state-dir/, { stateDir: null }]
]

describe("what else is on the host", () => {
  testRows(rows)
})

describe("the record", () => {
  it("is asked where it takes no writes, and not where it is not ours to read", () => {
    const asked = (
      changes: Partial<typeof stateDirectory> | { readonly unwritable: ReturnType<typeof seen<"blocks">> }
    ) => {
      const facts = factsWith({ stateDirectory: seen({ ...stateDirectory, ...changes }) })
      return hasLedger(diagnose(facts, context), facts)
    }
    assert.deepStrictEqual([asked({}), asked({ unwritable: seen("blocks") })], [true, true])
    assert.isFalse(asked({ ledger: seen({ bytes: 9, format: 99 }) } as never))
  })
})

describe("a diagnosis", () => {
  it("on a host where all is well every check says so", () => {
    const findings = diagnose(factsWith(), context)
    assert.deepStrictEqual(
      findings.filter(({ status }) => status !== "ok"),
      []
    )
    assert.isAbove(new Set(findings.map(({ check }) => check)).size, 14)
  })

  it("what could not be seen is a warning, never ok and never a problem", () => {
    const { programs, ...rest } = factsWith()
    const blind = Object.fromEntries(Object.keys(rest).map((key) => [key, unseen("no", true)]))
    const findings = diagnose({ programs, ...blind } as unknown as HostFacts, context).filter(
      ({ check }) => check !== "tools"
    )
    assert.isAbove(findings.length, 12)
    for (const { details, fix, status } of findings) {
      if (details["unseen"] !== true) continue
      assert.deepStrictEqual([status, fix], ["warning", "sudo vmnet doctor"])
    }
    assert.deepStrictEqual(
      findings.filter(({ status }) => status === "problem"),
      []
    )
  })
})
