import { assert, layer } from "@effect/vitest"
import { Guest, type Place, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ipCommands, readNetworkConfig } from "./output/networkConfig.ts"
import { makeBundle } from "./support/bundle.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"
import { networkConfigYaml } from "#src/output/networkConfig"

const web = "http://203.0.113.10/"

const runOk = Effect.fnUntraced(function* (at: Place, argv: ReadonlyArray<string>) {
  const host = yield* PrivateHost
  const { exitCode, stdout, stderr } = yield* host.run(at, argv, { timeout: 30_000 })
  assert.deepStrictEqual([exitCode, stderr], [0, ""], argv.join(" "))
  return stdout
})

/** The bundled program with a state directory and a configuration of its own; what it attached is gone with the scope. */
const program = Effect.gen(function* () {
  const bundle = yield* Effect.acquireRelease(Effect.promise(makeBundle), ({ remove }) => Effect.sync(remove))
  const config = join(bundle.directory, "config.yaml")
  writeFileSync(config, "networks:\n  small: { subnet: 10.44.0.0/24, mtu: 1400, dns: [198.51.100.53] }\n")
  const argv = (...words: ReadonlyArray<string>) => [
    // The cache of root's compiled code is the host's: a test leaves none.
    "env",
    "NODE_DISABLE_COMPILE_CACHE=1",
    process.execPath,
    bundle.program,
    "--state-dir",
    join(bundle.directory, "state"),
    "--config",
    config,
    ...words
  ]
  yield* Effect.addFinalizer(() => Effect.orDie(runOk("host", argv("down", "--all"))))
  return argv
})

const page = Effect.fnUntraced(function* (guest: Effect.Success<ReturnType<typeof Guest.boot>>) {
  const { stdout } = yield* guest.exec(["wget", "-q", "-O", "-", "-T", "3", web])
  return stdout
})

const linkWithMac = Effect.fnUntraced(function* (at: Place, mac: string) {
  const links = JSON.parse(yield* runOk(at, ["ip", "-json", "link", "show"])) as ReadonlyArray<{
    readonly ifname: string
    readonly address?: string
  }>
  const [link, ...others] = links.filter(({ address }) => address === mac)
  assert.isTrue(link !== undefined && others.length === 0)
  return link!.ifname
})

const emptyNetns = Effect.fnUntraced(function* (name: string) {
  yield* Effect.acquireRelease(runOk("host", ["ip", "netns", "add", name]), () =>
    Effect.orDie(runOk("host", ["ip", "netns", "delete", name]))
  )
  return `/run/netns/${name}` as const
})

layer(PrivateHost.layer().pipe(Layer.orDie), { excludeTestServices: true })("what -o prints, used as it is", (it) => {
  it.effect("QEMU starts with the words of -o qemu, and its guest is on the network with what -o cloud-init says", () =>
    Effect.gen(function* () {
      const vmnet = yield* program
      const up = vmnet("up", "vm1", "--network", "small", "-o", "qemu")
      // As in a user's script: the shell makes words of it.
      const words = yield* runOk("host", ["sh", "-c", `printf '%s\\n' $("$@")`, "sh", ...up])
      const { match, addresses, routes, nameservers } = readNetworkConfig(
        yield* runOk("host", vmnet("show", "vm1", "-o", "cloud-init"))
      )
      const guest = yield* Guest.boot({
        qemuArgs: words.trimEnd().split("\n"),
        address: addresses[0]!,
        gateway: routes[0]!.via,
        dns: nameservers!.addresses
      })
      const { stdout: link } = yield* guest.exec(["cat", "/sys/class/net/eth0/address", "/sys/class/net/eth0/mtu"])
      assert.strictEqual(link, `${match.macaddress}\n1400\n`)
      const fetched = yield* page(guest)
      assert.include(fetched, '"page":"internet"')
      assert.include(fetched, '"clientAddress":"192.0.2.10"')
    }).pipe(Effect.scoped)
  )

  it.effect("the TAP of every VMM's output is there, and has the MTU of its network", () =>
    Effect.gen(function* () {
      const vmnet = yield* program
      const [interface_] = JSON.parse(
        yield* runOk("host", vmnet("up", "vm1", "--network", "small", "-o", "firecracker"))
      )
      const net = yield* runOk("host", vmnet("show", "vm1", "-o", "cloud-hypervisor"))
      assert.strictEqual(net, `tap=${interface_.host_dev_name},mac=${interface_.guest_mac}\n`)
      const directory = `/sys/class/net/${interface_.host_dev_name}`
      assert.isTrue(existsSync(`${directory}/tun_flags`))
      // Why -o cloud-hypervisor says no MTU: Cloud Hypervisor reads it here.
      assert.strictEqual(readFileSync(`${directory}/mtu`, "utf8"), "1400\n")
    }).pipe(Effect.scoped)
  )

  it.effect("a container that is configured with nothing but -o cloud-init reaches the internet", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const vmnet = yield* program
      const netns = yield* emptyNetns("box")
      const up = vmnet("up", "box", "--netns", netns, "--network", "small", "-o", "cloud-init")
      const config = readNetworkConfig(yield* runOk("host", up))
      const link = yield* linkWithMac(netns, config.match.macaddress)
      // What vmnet has set is taken away, and the MTU with it.
      yield* runOk(netns, ["ip", "link", "set", link, "down", "mtu", "900"])
      yield* runOk(netns, ["ip", "address", "flush", "dev", link])
      assert.strictEqual(yield* runOk(netns, ["ip", "route"]), "")
      for (const command of ipCommands(link, config)) yield* runOk(netns, command)
      assert.strictEqual((yield* host.http(netns, web)).seen?.page, "internet")
      assert.include(yield* runOk(netns, ["ip", "link", "show", link]), " mtu 1400 ")
      const [server] = config.nameservers!.addresses
      assert.include(yield* runOk(netns, ["busybox", "nslookup", "example.test", server!]), "203.0.113.10")
    }).pipe(Effect.scoped)
  )

  it.effect("the kernel takes a gateway outside of the subnet as -o cloud-init tells it", () =>
    Effect.gen(function* () {
      const netns = yield* emptyNetns("far")
      const { guest, ...rest } = attachmentOf("vm1")
      const mac = ["address", guest.mac]
      yield* runOk(netns, ["ip", "link", "add", "ours", ...mac, "type", "veth", "peer", "name", "theirs"])
      yield* runOk(netns, ["ip", "link", "set", "theirs", "up"])
      const far = { ...guest, address: "10.0.42.17/32", gateway: "169.254.1.1" }
      const config = readNetworkConfig(networkConfigYaml({ ...rest, guest: far }))
      for (const command of ipCommands(yield* linkWithMac(netns, guest.mac), config)) yield* runOk(netns, command)
      const route = yield* runOk(netns, ["ip", "route", "get", "203.0.113.10"])
      assert.match(route, /^203\.0\.113\.10 via 169\.254\.1\.1 dev ours src 10\.0\.42\.17 /)
    }).pipe(Effect.scoped)
  )
})
