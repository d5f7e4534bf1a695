import { assert } from "@effect/vitest"
import { Attachment } from "@vmnet/core"
import { Effect, Schema } from "effect"
import { rmSync, writeFileSync } from "node:fs"
import type { BackendSubject } from "./BackendSubject.ts"
import { guestOn, placeFor } from "./behind.ts"
import { page } from "./outside.ts"
import { argvFor } from "./requestFor.ts"
import type { SuitePart } from "./suiteTests.ts"
import { leavesNoTrace } from "./unchanged.ts"
import { type Ran, vmnetCommand } from "./vmnetCommand.ts"

const processes = 16
const patience = 120_000

/** Beside the ledger of the service under test: the commands are an install of their own. */
const stateDir = "/run/vmnet-commands"
const configFile = "/run/vmnet-commands.yaml"

const commandsOn = (program: string, subject: BackendSubject) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      writeFileSync(configFile, subject.config ?? "")
      const run = vmnetCommand(program)
      return (...argv: ReadonlyArray<string>) =>
        run([...argv, "--state-dir", stateDir, "--config", configFile, "--json"])
    }),
    () =>
      Effect.sync(() => {
        rmSync(stateDir, { recursive: true, force: true })
        rmSync(configFile, { force: true })
      })
  )

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Attachment))
const atOnce = { concurrency: "unbounded" } as const

const assertAll = (all: ReadonlyArray<Ran>): void =>
  assert.deepStrictEqual(
    all.filter(({ code }) => code !== 0).map(({ code, lines }) => `${code}: ${lines.join(" ")}`),
    []
  )

const countOf = (values: ReadonlyArray<unknown>): number => new Set(values).size

/** Many commands at the same moment on one host. */
export const parallel: SuitePart = (it, subject, { vmnet: program }) => {
  it.effect(
    `${processes} processes attach a VM each at once: nothing is given twice, and all go at once`,
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* commandsOn(program, subject)
          const vms = Array.from({ length: processes }, (_, index) => `vm${index}`)
          const places = yield* Effect.forEach(vms, (vm) => placeFor(subject, vm))
          const up = (vm: string, index: number) =>
            vmnet("up", vm, ...argvFor(subject, { ...places[index], publish: [`${8_000 + index}:80`] }))
          const ups = yield* Effect.forEach(vms, up, atOnce)
          assertAll(ups)
          const all = ups.map(({ stdout }) => decode(stdout))
          assert.strictEqual(countOf(all.map(({ device }) => `${device.netns} ${device.name}`)), processes)
          if (subject.reached === "address") {
            assert.strictEqual(countOf(all.map(({ host }) => host.address)), processes)
          }
          const [last] = all.slice(-1)
          const guest = yield* guestOn(subject, last!)
          yield* guest.serve({ port: 80, page: "last" })
          assert.strictEqual(yield* page("lan", `http://192.0.2.10:${8_000 + processes - 1}/`), "last")
          assertAll(yield* Effect.forEach(vms, (vm) => vmnet("down", vm), atOnce))
          assert.deepStrictEqual(JSON.parse((yield* vmnet("ls")).stdout), { vms: [] })
        })
      ),
    patience
  )

  it.effect(
    "of processes that ask for one port at once one gets it, and the others are told whose it is",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* commandsOn(program, subject)
          const vms = ["vm0", "vm1", "vm2", "vm3"]
          const places = yield* Effect.forEach(vms, (vm) => placeFor(subject, vm))
          const up = (vm: string, index: number) =>
            vmnet("up", vm, ...argvFor(subject, { ...places[index], publish: ["8080:80"] }))
          const ups = yield* Effect.forEach(vms, up, atOnce)
          assert.deepStrictEqual(ups.map(({ code }) => code).toSorted(), [0, 4, 4, 4])
          for (const { lines } of ups.filter(({ code }) => code !== 0)) {
            assert.include(lines.join("\n"), "PORT_IN_USE")
          }
          assertAll([yield* vmnet("down", "--all")])
        })
      ),
    patience
  )
}
