import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeBundle } from "./support/bundle.ts"

const bundle = Effect.acquireRelease(Effect.promise(makeBundle), ({ remove }) => Effect.sync(remove))

const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE_DISABLE_COMPILE_CACHE: "1" }

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the bundled program on the private host; `onStep` sees its stderr grow and may send it a signal. */
const vmnet = (
  program: string,
  argv: ReadonlyArray<string>,
  onStep: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void = () => {}
): Effect.Effect<Ran> =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [program, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      onStep(stderr, (signal) => child.kill(signal))
    })
    const [status] = (await once(child, "close")) as [number | null]
    return { status, stdout, stderr }
  })

const attached = (ran: Ran) => {
  assert.deepStrictEqual([ran.status, ran.stderr], [0, ""])
  return JSON.parse(ran.stdout)
}

layer(PrivateHost.layer().pipe(Layer.orDie))("the bundled program on a real kernel", (it) => {
  it.effect("up, exec and down leave the host as it was", () =>
    Effect.gen(function* () {
      const { program, directory } = yield* bundle
      const cli = (...argv: ReadonlyArray<string>) => vmnet(program, ["--state-dir", join(directory, "state"), ...argv])
      // What the installs of a host tell one another stays with it, empty: it is there before anything else is.
      yield* cli("status")
      const before = yield* HostSnapshot.take()
      const { device } = attached(yield* cli("up", "vm1", "-p", "8080:80", "--json"))
      const shown = yield* cli("exec", "vm1", "--", "sh", "-c", 'cat "/sys/class/net/$VMNET_DEVICE/tun_flags"')
      assert.deepStrictEqual([shown.status, shown.stderr], [0, ""])
      assert.notDeepEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
      assert.deepStrictEqual(attached(yield* cli("ls")).vms[0].device, device)
      attached(yield* cli("down", "vm1"))
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
    })
  )

  it.effect("exec enters the namespace of a process that up gave a veth", () =>
    Effect.gen(function* () {
      const { program, directory } = yield* bundle
      const cli = (...argv: ReadonlyArray<string>) => vmnet(program, ["--state-dir", join(directory, "state"), ...argv])
      const holder = spawn("unshare", ["--net", "sh", "-c", "echo in; cat"], { stdio: ["pipe", "pipe", "inherit"] })
      yield* Effect.promise(() => once(holder.stdout, "data"))
      attached(yield* cli("up", "box", "--pid", String(holder.pid), "--json"))
      const inside = yield* cli("exec", "box", "--", "sh", "-c", "readlink /proc/self/ns/net; ip -brief address")
      assert.deepStrictEqual([inside.status, inside.stderr], [0, ""])
      assert.isTrue(inside.stdout.startsWith(`${readlinkSync(`/proc/${holder.pid}/ns/net`)}\n`))
      attached(yield* cli("down", "box"))
      holder.stdin.end()
      yield* Effect.promise(() => once(holder, "exit"))
    })
  )

  for (const backend of ["netns", "slirp"]) {
    it.effect(`exec runs where the TAP of the ${backend} backend is, as a VMM has to`, () =>
      Effect.gen(function* () {
        const { program, directory } = yield* bundle
        const cli = (...argv: ReadonlyArray<string>) =>
          vmnet(program, ["--state-dir", join(directory, "state"), ...argv])
        const before = yield* HostSnapshot.take()
        const { device } = attached(yield* cli("up", "vm1", "--backend", backend, "--json"))
        const words = 'readlink /proc/self/ns/net; echo "$VMNET_DEVICE"; ip -brief link show dev "$VMNET_DEVICE"'
        const inside = yield* cli("exec", "vm1", "--", "sh", "-c", words)
        assert.deepStrictEqual([inside.status, inside.stderr], [0, ""])
        const [namespace, name, tap] = inside.stdout.split("\n")
        assert.notStrictEqual(namespace, readlinkSync("/proc/self/ns/net"))
        assert.deepStrictEqual([name, tap?.split(" ")[0]], [device.name, device.name])
        attached(yield* cli("down", "vm1"))
        assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
      })
    )
  }

  it.effect("show tells of each setting where it came from", () =>
    Effect.gen(function* () {
      const { program, directory } = yield* bundle
      const config = join(directory, "config.yaml")
      writeFileSync(
        config,
        "networks: { fleet: { backend: netns, mtu: 1400 } }\nvms: { a: { network: fleet, slot: 7, egress: none } }\n"
      )
      const cli = (...argv: ReadonlyArray<string>) => vmnet(program, ["--state-dir", join(directory, "state"), ...argv])
      attached(yield* cli("up", "a", "--config", config, "-p", "8080:80", "--json"))
      const { origins } = attached(yield* cli("show", "a", "--json")).request
      assert.deepInclude(origins, {
        backend: "vms.a",
        network: "vms.a",
        slot: "vms.a",
        egress: "vms.a",
        publish: "flag",
        "network.mtu": "networks.fleet",
        "network.dns": "host",
        "network.subnet": "default",
        forwarding: "default"
      })
      const { stdout } = yield* cli("show", "a", "-o", "table")
      for (const row of [
        /^network\.mtu +1400 +networks\.fleet$/m,
        /^slot +10\.11\.0\.7 +vms\.a$/m,
        /^egress +none +vms\.a$/m
      ]) {
        assert.match(stdout, row)
      }
      attached(yield* cli("down", "a"))
    })
  )

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143]
  ] as const) {
    it.effect(`${signal} in the middle of up rolls back and ends with exit code ${code}`, () =>
      Effect.gen(function* () {
        const { program, directory } = yield* bundle
        const stateDir = join(directory, "state")
        const before = yield* HostSnapshot.take()
        // Once: a second signal would force the end.
        let sent = false
        const stopped = yield* vmnet(program, ["up", "vm1", "-v", "--state-dir", stateDir], (stderr, kill) => {
          if (!sent && stderr.includes("create bridge")) kill(signal)
          sent ||= stderr.includes("create bridge")
        })
        assert.deepStrictEqual([stopped.status, stopped.stdout], [code, ""])
        assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
        assert.deepStrictEqual(attached(yield* vmnet(program, ["ls", "--state-dir", stateDir])), { vms: [] })
      })
    )
  }
})
