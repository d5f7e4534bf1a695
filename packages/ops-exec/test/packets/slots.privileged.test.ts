import { assert, layer } from "@effect/vitest"
import { layerExec } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { start, until } from "../support/processes.ts"
import { inside, ip } from "../support/programs.ts"
import { install, internetAddress, neighbourAddress } from "./lab.ts"
import { makeOutside, makeSlot, outsideOf } from "./slotLab.ts"

/** A program inside that answers every tcp client with what another program prints. */
const serveOutput = Effect.fnUntraced(function* (netns: string, port: number, ...command: ReadonlyArray<string>) {
  const listen = ["nc", "-ll", "-p", `${port}`, "-e", "/usr/bin/busybox", ...command]
  yield* start("nsenter", `--net=${netns}`, "--", "busybox", ...listen)
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")} `
  yield* until("the port is open", () =>
    inside(netns, "cat", "/proc/self/net/tcp", "/proc/self/net/tcp6").includes(local)
  )
})

const numbers = Array.from({ length: 20 }, (_, index) => index + 1)

layer(layerExec({ install }), { excludeTestServices: true })("slots", (it) => {
  it.effect("that are all alike inside run at once, each under its own address, and go one by one", () =>
    Effect.gen(function* () {
      const internet = yield* makeOutside
      yield* internet.serve("tcp", 80)
      const makeOne = Effect.fnUntraced(function* (n: number) {
        const { guest } = yield* makeSlot(n)
        yield* serveOutput(guest, 80, "echo", `guest ${n}`)
        return guest
      })
      const whoIs = (n: number) => internet.tcp(outsideOf(n), 80)
      const asSeen = (guest: string) => inside(guest, "busybox", "nc", "-w", "2", internetAddress, "80")
      const eighth = 8
      const rest = numbers.filter((n) => n !== eighth)
      const guests = yield* Effect.forEach(rest, makeOne, { concurrency: "unbounded" })
      const during = Effect.andThen(makeOne(eighth), whoIs(eighth))
      assert.strictEqual(yield* Effect.scoped(during), `guest ${eighth}\n`)
      assert.isNull(yield* whoIs(eighth))
      for (const [index, n] of rest.entries()) {
        assert.strictEqual(yield* whoIs(n), `guest ${n}\n`)
        assert.strictEqual(asSeen(guests[index] ?? ""), `internet sees ${outsideOf(n)}`)
      }
    })
  )

  it.effect("answer through a narrower path, too: errors about what was published come in", () =>
    Effect.gen(function* () {
      const internet = yield* makeOutside
      const { guest } = yield* makeSlot(1)
      yield* serveOutput(guest, 80, "head", "-c", "20000", "/dev/zero")
      assert.strictEqual((yield* internet.tcp(outsideOf(1), 80))?.length, 20_000)
      ip("route", "replace", "default", "via", neighbourAddress, "mtu", "lock", "1300")
      ip("route", "replace", "192.0.2.0/24", "dev", "up0", "mtu", "lock", "1300")
      assert.strictEqual((yield* internet.tcp(outsideOf(1), 80))?.length, 20_000)
      assert.include(inside(guest, "ip", "route", "get", neighbourAddress), "mtu 1300")
    })
  )
})
