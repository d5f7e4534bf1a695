import { assert, it } from "@effect/vitest"
import { type HelperKey, Helpers, HostProbe, type ProcessId } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs"

const stateDir = "/run/vmnet-identity"
const owner = "vmnet:0a1b2c3d:identity:1"
const key: HelperKey = { owner, helper: "namespace" }
const record = `${stateDir}/helpers/identity/namespace.json`

const withHolder = <A, E>(work: (holder: ProcessId) => Effect.Effect<A, E, Helpers | HostProbe>) =>
  Effect.gen(function* () {
    const helpers = yield* Helpers
    const holder = yield* helpers.start(owner, { helper: "namespace" })
    yield* Effect.ensuring(work(holder), Effect.ignore(helpers.stop(key)))
    assert.isFalse((yield* HostProbe).alive(holder), "the holder is still there")
    assert.isFalse(existsSync(`${stateDir}/helpers`), "files are left")
  }).pipe(Effect.provide(Layer.orDie(layerExec({ install: "0a1b2c3d", stateDir }))))

const sleeper = (env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.map(HostProbe, ({ find }) => {
      const child = spawn("sleep", ["60"], { env })
      return { child, process: find(child.pid!)! }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

it.live("records are for their user only", () =>
  withHolder(() =>
    Effect.sync(() => {
      assert.strictEqual(statSync(record).mode & 0o777, 0o600)
      assert.strictEqual(statSync(`${stateDir}/helpers/identity`).mode & 0o777, 0o700)
    })
  )
)

it.live("a helper whose pid nobody came to write down is found by its tag", () =>
  withHolder((holder) =>
    Effect.gen(function* () {
      truncateSync(record)
      const found = yield* (yield* Helpers).find(key)
      assert.deepStrictEqual(found, { _tag: "Running", process: holder })
    })
  )
)

it.live("a process that the record names and that does not carry the tag is neither found nor ended", () =>
  withHolder((holder) =>
    Effect.gen(function* () {
      const { process: innocent } = yield* sleeper({})
      writeFileSync(record, JSON.stringify({ owner, ...innocent }))
      const helpers = yield* Helpers
      assert.deepStrictEqual(yield* helpers.find(key), { _tag: "Running", process: holder })
      yield* helpers.stop(key)
      assert.isTrue((yield* HostProbe).alive(innocent))
    }).pipe(Effect.scoped)
  )
)

it.live("a process that carries the tag of another helper, or of another generation, is not ended", () =>
  withHolder((holder) =>
    Effect.gen(function* () {
      const { process: other } = yield* sleeper({ VMNET_OWNER: owner, VMNET_HELPER: "slirp4netns" })
      const { process: later } = yield* sleeper({ VMNET_OWNER: `${owner}1`, VMNET_HELPER: "namespace" })
      truncateSync(record)
      const helpers = yield* Helpers
      assert.deepStrictEqual(yield* helpers.find(key), { _tag: "Running", process: holder })
      yield* helpers.stop(key)
      const { alive } = yield* HostProbe
      assert.deepStrictEqual([alive(other), alive(later)], [true, true])
    }).pipe(Effect.scoped)
  )
)

it.live("a recycled pid, with another start time, is another process", () =>
  withHolder((holder) =>
    Effect.gen(function* () {
      const { process: innocent } = yield* sleeper({})
      const recycled = { ...innocent, startTime: holder.startTime }
      writeFileSync(record, JSON.stringify({ owner, ...recycled }))
      const helpers = yield* Helpers
      yield* helpers.stop(key)
      assert.isTrue((yield* HostProbe).alive(innocent))
      assert.notInclude(readFileSync(`/proc/${innocent.pid}/stat`, "utf8"), ") Z ")
    }).pipe(Effect.scoped)
  )
)

it.live("what an earlier generation left behind is in nobody's way, and one that still runs is left alone", () =>
  Effect.gen(function* () {
    const helpers = yield* Helpers
    const next: HelperKey = { owner: "vmnet:0a1b2c3d:identity:2", helper: "namespace" }
    const holder = yield* helpers.start(owner, { helper: "namespace" })
    const refused = yield* Effect.flip(helpers.start(next.owner, { helper: "namespace" }))
    assert.strictEqual(refused.reason, "Exists")
    assert.deepStrictEqual(yield* helpers.find(key), { _tag: "Running", process: holder })
    // As when the machine was switched off: the record stays, and whom it names is gone.
    const written = readFileSync(record, "utf8")
    yield* helpers.stop(key)
    mkdirSync(`${stateDir}/helpers/identity`, { recursive: true, mode: 0o700 })
    writeFileSync(record, written, { mode: 0o600 })
    writeFileSync(`${stateDir}/helpers/identity/namespace.log`, "")
    const again = yield* helpers.start(next.owner, { helper: "namespace" })
    assert.deepStrictEqual(yield* helpers.find(next), { _tag: "Running", process: again })
    yield* helpers.stop(next)
    assert.isFalse(existsSync(`${stateDir}/helpers`), "files are left")
  }).pipe(Effect.provide(Layer.orDie(layerExec({ install: "0a1b2c3d", stateDir }))))
)

it.live("whoever died before the first file of a helper, or after the last, leaves no directory for good", () =>
  Effect.gen(function* () {
    const helpers = yield* Helpers
    for (const left of [`${stateDir}/helpers/identity`, `${stateDir}/helpers`]) {
      mkdirSync(left, { recursive: true, mode: 0o700 })
      assert.strictEqual((yield* helpers.find(key))._tag, "Ended", left)
      yield* helpers.stop(key)
      assert.isFalse(existsSync(`${stateDir}/helpers`), left)
      assert.strictEqual((yield* helpers.find(key))._tag, "Absent")
    }
  }).pipe(Effect.provide(Layer.orDie(layerExec({ install: "0a1b2c3d", stateDir }))))
)
