import { Effect, type Scope } from "effect"
import { createHash } from "node:crypto"
import { createWriteStream, rmSync, statSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { pipeline } from "node:stream/promises"
import { join } from "node:path"
import { bounded } from "./bounded.ts"
import { exists, publish, temporaryBeside } from "./cacheDirectory.ts"
import { connectControl } from "./GuestControl.ts"
import { emulator } from "./Emulator.ts"
import { GuestError } from "./errors.ts"
import type { GuestImage } from "./GuestImage.ts"
import { connectMonitor } from "./Monitor.ts"
import { findQemu, type Machine, qemuArgv, unpluggedNetwork } from "./qemu.ts"

const failed = (detail: string, cause?: unknown) => new GuestError({ action: "save a booted guest", detail, cause })

/** A saved guest fits exactly the QEMU that saved it, the machine it was told to be, and the image that it runs. */
const keyOf = (machine: Machine, prepare: string): string => {
  const program = statSync(findQemu())
  const parts = [machine.image.hash, program.size, program.mtimeMs, ...qemuArgv(machine), prepare]
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16)
}

const listening = (path: string): Effect.Effect<Server, GuestError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Server, GuestError>((resume) => {
      const server = createServer()
      server.once("error", (cause) => resume(Effect.fail(failed(cause.message, cause))))
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )

/** The stream of one migration, into a file that only its owner may read. */
const receive = (server: Server, file: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("connection", (socket) =>
      pipeline(socket, createWriteStream(file, { mode: 0o600, flags: "wx" })).then(resolve, reject)
    )
  })

/** QEMU "migrates" the running guest to us: unlike a snapshot this needs no disk, and no shell in between. */
const save = (machine: Machine, prepare: string, file: string, bootTimeout: number) =>
  Effect.gen(function* () {
    const qemu = yield* emulator(["setpriv", "--pdeathsig", "KILL", "--", ...qemuArgv(machine)])
    const late = () =>
      new GuestError({
        action: "boot a guest",
        detail: `not ready after ${bootTimeout} ms`,
        consoleTail: qemu.consoleTail()
      })
    const control = connectControl(qemu)
    yield* bounded(control.ready, bootTimeout, late)
    const { exitCode, stderr } = yield* control.shell(prepare, bootTimeout)
    if (exitCode !== 0) return yield* failed(stderr.trim() || `exit code ${exitCode}`)
    const monitor = yield* connectMonitor(qemu)
    const socket = `${file}.sock`
    const server = yield* listening(socket)
    const received = receive(server, file)
    yield* monitor.execute("migrate-set-parameters", { "max-bandwidth": 10 ** 12 })
    yield* monitor.execute("migrate", { uri: `unix:${socket}` })
    const { status } = yield* monitor.until("query-migrate", (answer) =>
      ["completed", "failed", "cancelled"].includes(String(answer["status"]))
    )
    if (status !== "completed") return yield* failed(`QEMU says ${status}`)
    yield* Effect.tryPromise({ try: () => received, catch: (cause) => failed(String(cause), cause) })
  }).pipe(Effect.scoped)

/**
 * A guest of this image that has booted, run the commands of `prepare`, and waits for more, as a file to continue from: booted once per machine, and
 * each guest then starts in a tenth of the time. Processes that need it at the same time each make it; the files are equal.
 */
export const guestTemplate = (
  directory: string,
  image: GuestImage,
  memory: number,
  bootTimeout: number,
  prepare = "true"
): Effect.Effect<string, GuestError> =>
  Effect.gen(function* () {
    const machine: Machine = { image, memory, accelerator: "tcg", network: unpluggedNetwork, restored: false }
    const key = yield* Effect.try({
      try: () => keyOf(machine, prepare),
      catch: (cause) => failed(String(cause), cause)
    })
    const path = join(directory, `guest-${key}.state`)
    if (exists(path)) return path
    const temporary = temporaryBeside(path)
    yield* save(machine, prepare, temporary, bootTimeout).pipe(
      Effect.andThen(publish(temporary, path)),
      Effect.onError(() => Effect.sync(() => rmSync(temporary, { force: true })))
    )
    return path
  })
