import { type Vitest, assert, layer } from "@effect/vitest"
import { HostProbe, hostNetns, namedNetns, type Netns } from "@vmnet/core"
import { Effect, type Layer } from "effect"
import { HostFixture } from "./HostFixture.ts"

type ProbeTests = Vitest.MethodsNonLive<HostProbe | HostFixture>

const processes = (it: ProbeTests): void => {
  it.effect("this process is found under its pid, and alive", () =>
    Effect.gen(function* () {
      const { self, find, alive } = yield* HostProbe
      assert.deepStrictEqual(find(self.pid), self)
      assert.isTrue(alive(self))
      assert.match(self.startTime, /^\d+$/)
      assert.isNotEmpty(self.bootId)
    })
  )

  it.effect("another start time or boot id is another process, and not alive", () =>
    Effect.gen(function* () {
      const { self, alive } = yield* HostProbe
      assert.isFalse(alive({ ...self, startTime: `${Number(self.startTime) + 1}` }))
      assert.isFalse(alive({ ...self, startTime: "" }))
      assert.isFalse(alive({ ...self, bootId: "another boot" }))
    })
  )

  it.effect("a process is found and alive until it ends", () =>
    Effect.gen(function* () {
      const { self, find, alive } = yield* HostProbe
      const { pid, end } = yield* (yield* HostFixture).process
      const found = find(pid)
      assert.deepInclude(found, { pid, bootId: self.bootId })
      assert.isTrue(alive(found!))
      yield* end
      assert.isNull(find(pid))
      assert.isFalse(alive(found!))
    })
  )

  it.effect("a zombie is gone", () =>
    Effect.gen(function* () {
      const { self, find, alive } = yield* HostProbe
      const pid = yield* (yield* HostFixture).zombie
      assert.isNull(find(pid))
      assert.isFalse(alive({ ...self, pid }))
    })
  )

  it.effect("a namespace is inhabited by who is in it, and one that has gone with its process is not", () =>
    Effect.gen(function* () {
      const { find, inhabited } = yield* HostProbe
      const { pid, end } = yield* (yield* HostFixture).process
      const netns: Netns = { _tag: "Process", pid, startTime: find(pid)!.startTime }
      assert.deepStrictEqual([yield* inhabited(hostNetns), yield* inhabited(netns)], [true, true])
      yield* end
      assert.isFalse(yield* inhabited(netns))
      assert.isFalse(yield* inhabited(namedNetns("nowhere")))
    })
  )

  it.effect("a namespace that only one process is in is empty, and none, when that has ended", () =>
    Effect.gen(function* () {
      const { find, inhabited, namespace } = yield* HostProbe
      const { pid, end } = yield* (yield* HostFixture).apart
      const netns: Netns = { _tag: "Process", pid, startTime: find(pid)!.startTime }
      assert.isTrue(yield* inhabited(netns))
      assert.notStrictEqual(namespace(netns), namespace(hostNetns))
      yield* end
      assert.isFalse(yield* inhabited(netns))
      assert.isNull(namespace(netns))
    })
  )

  it.effect("what a process has open of TAPs is told by name, and without one once it was deleted", () =>
    Effect.gen(function* () {
      const { find, self, tunsOf } = yield* HostProbe
      const { device, end, pid, unplug } = yield* (yield* HostFixture).tapHolder
      const holder = find(pid)!
      assert.deepStrictEqual(tunsOf(holder), [device])
      assert.deepStrictEqual(tunsOf(self), [])
      assert.deepStrictEqual(tunsOf({ ...holder, startTime: `${Number(holder.startTime) + 1}` }), [])
      yield* unplug
      assert.deepStrictEqual(tunsOf(holder), [""])
      yield* end
      assert.deepStrictEqual(tunsOf(holder), [])
    })
  )

  it.effect("a number that is no pid finds nothing", () =>
    Effect.gen(function* () {
      const { find } = yield* HostProbe
      for (const pid of [0, -1, 2 ** 31, 1.5, Number.NaN]) assert.isNull(find(pid), `${pid}`)
    })
  )
}

const host = (it: ProbeTests): void => {
  for (const protocol of ["tcp", "udp"] as const) {
    for (const [bound, listed] of [
      ["127.0.0.1", "127.0.0.1"],
      ["0.0.0.0", "0.0.0.0"],
      ["::", "0.0.0.0"]
    ] as const) {
      it.effect(`a ${protocol} socket bound to ${bound} is listed until it is closed`, () =>
        Effect.gen(function* () {
          const { sockets } = yield* HostProbe
          const { port, close } = yield* (yield* HostFixture).bind(protocol, bound)
          const socket = { protocol, address: listed, port }
          const listing = (yield* sockets).filter((one) => one.port === port && one.protocol === protocol)
          assert.deepInclude(listing, socket)
          yield* close
          const after = (yield* sockets).filter((one) => one.port === port && one.protocol === protocol)
          assert.notDeepInclude(after, socket)
        })
      )
    }
  }

  it.effect("resolvers are IPv4 addresses that a guest could use", () =>
    Effect.gen(function* () {
      for (const resolver of yield* (yield* HostProbe).resolvers) {
        assert.match(resolver, /^\d{1,3}(\.\d{1,3}){3}$/)
        assert.notMatch(resolver, /^127\./)
      }
    })
  )

  it.effect("missing capabilities are named as the kernel does", () =>
    Effect.gen(function* () {
      for (const capability of (yield* HostProbe).missingCapabilities) assert.match(capability, /^CAP_[A-Z_]+$/)
    })
  )
}

/** What every `HostProbe` must do. Call it at the top of a test file; the layer is built once for all its tests. */
export const hostProbeConformance = <E>(
  name: string,
  makeLayer: () => Layer.Layer<HostProbe | HostFixture, E>
): void => {
  layer(makeLayer(), { excludeTestServices: true })(`HostProbe: ${name}`, (it) => {
    processes(it)
    host(it)
  })
}
