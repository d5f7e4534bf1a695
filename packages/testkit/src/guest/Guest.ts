import { Effect, type Scope } from "effect"
import { accessSync, closeSync, constants, openSync } from "node:fs"
import { bounded } from "./bounded.ts"
import { cacheDirectory, defaultCacheDirectory } from "./cacheDirectory.ts"
import { type Emulator, emulator } from "./Emulator.ts"
import { GuestError } from "./errors.ts"
import { boundedCommand, configureScript, serveHttpScript, serveUdpScript } from "./guestScripts.ts"
import { connectControl, type GuestControl, type GuestResult } from "./GuestControl.ts"
import { type GuestImage, guestImage } from "./GuestImage.ts"
import type { GuestOptions } from "./GuestOptions.ts"
import { guestTemplate } from "./GuestTemplate.ts"
import { connectMonitor } from "./Monitor.ts"
import { type Machine, qemuArgv, tapNetwork } from "./qemu.ts"

export interface GuestExecOptions {
  /** Milliseconds until the program is killed and the effect fails. Default 15 000. */
  readonly timeout?: number
}

export interface GuestServeOptions {
  /** Default `tcp`, which is HTTP; `udp` answers every datagram. */
  readonly protocol?: "tcp" | "udp"
  readonly port: number
  /** What the replies carry as `page`; they also tell the peer's address, as those of `PrivateHost.serve` do. */
  readonly page: string
}

/** A virtual machine whose network is configured. It is killed when its scope closes. */
export interface GuestShape {
  /** The process of QEMU. */
  readonly pid: number
  /** Run a program of busybox in the guest. A non-zero exit is a result, not an error. */
  readonly exec: (argv: ReadonlyArray<string>, options?: GuestExecOptions) => Effect.Effect<GuestResult, GuestError>
  /** Answer HTTP or UDP from inside of the guest until it ends. */
  readonly serve: (options: GuestServeOptions) => Effect.Effect<void, GuestError>
  /** Have the guest switch itself off, and wait until QEMU has ended. */
  readonly shutdown: Effect.Effect<void, GuestError>
  /** The last of its kernel's console. */
  readonly consoleTail: () => string
}

const configureTimeout = 20_000
const shutdownTimeout = 10_000

const failed = (action: string, detail: string, emulator?: Emulator) =>
  new GuestError({ action, detail, ...(emulator === undefined ? {} : { consoleTail: emulator.consoleTail() }) })

const requireKvm = Effect.try({
  try: () => accessSync("/dev/kvm", constants.R_OK | constants.W_OK),
  catch: (cause) => new GuestError({ action: "boot a guest with KVM", detail: "/dev/kvm is not usable", cause })
})

const prefix = (options: GuestOptions): ReadonlyArray<string> => [
  ...(options.netns === undefined ? [] : ["nsenter", `--net=${options.netns}`, "--"]),
  ...(options.enter ?? []),
  // QEMU must not outlive us, whatever ends us.
  "setpriv",
  "--pdeathsig",
  "KILL",
  "--"
]

/** Boot from the kernel: slow, for a machine that nobody saved. */
const coldBoot = Effect.fnUntraced(function* (argv: ReadonlyArray<string>, bootTimeout: number) {
  const qemu = yield* emulator(argv)
  const control = connectControl(qemu)
  yield* bounded(control.ready, bootTimeout, () => failed("boot a guest", `not ready after ${bootTimeout} ms`, qemu))
  return { qemu, control }
})

/** Continue the saved guest. Only once it runs may it be spoken to: before that its serial port is still being restored. */
const restore = Effect.fnUntraced(function* (argv: ReadonlyArray<string>, template: string, bootTimeout: number) {
  const file = yield* Effect.acquireRelease(
    Effect.try({
      try: () => openSync(template, "r"),
      catch: (cause) => new GuestError({ action: `open ${template}`, detail: String(cause), cause })
    }),
    (fd) => Effect.sync(() => closeSync(fd))
  )
  const qemu = yield* emulator(argv, file)
  const monitor = yield* connectMonitor(qemu)
  const running = monitor.until("query-status", (answer) => answer["status"] === "running")
  yield* bounded(running, bootTimeout, () => failed("continue a guest", `not running after ${bootTimeout} ms`, qemu))
  return { qemu, control: connectControl(qemu) }
})

const start = Effect.fnUntraced(function* (options: GuestOptions, directory: string, image: GuestImage) {
  const { accelerator = "tcg", bootTimeout = 60_000, memory = 96 } = options
  const machine = { image, accelerator, memory }
  const argv = (rest: Pick<Machine, "network" | "restored">) => [
    ...prefix(options),
    ...qemuArgv({ ...machine, ...rest })
  ]
  const fixed = options.qemuArgs !== undefined || accelerator === "kvm"
  if (options.resumed === true && fixed) return yield* failed("resume a guest", "only on a TAP, and without KVM")
  if (options.qemuArgs !== undefined) {
    return yield* coldBoot(argv({ network: options.qemuArgs, restored: false }), bootTimeout)
  }
  const network = tapNetwork(options.device)
  if (accelerator === "kvm") {
    yield* requireKvm
    return yield* coldBoot(argv({ network, restored: false }), bootTimeout)
  }
  const prepare = options.resumed === true ? configureScript(options) : undefined
  const template = yield* guestTemplate(directory, image, memory, bootTimeout, prepare)
  return yield* restore(argv({ network, restored: true }), template, bootTimeout)
})

const configure = Effect.fnUntraced(function* (options: GuestOptions, qemu: Emulator, control: GuestControl) {
  const result = yield* control.shell(configureScript(options), configureTimeout)
  if (result.exitCode === 0) return
  return yield* failed("configure the guest's network", result.stderr.trim() || `exit code ${result.exitCode}`, qemu)
})

/** busybox's `timeout` ends a program with the signal that it was told to send, so its exit code is 128 + 9. */
const killed = 137

const makeExec =
  (qemu: Emulator, control: GuestControl): GuestShape["exec"] =>
  (argv, options = {}) => {
    const timeout = options.timeout ?? 15_000
    const seconds = Math.max(1, Math.ceil(timeout / 1_000))
    const began = performance.now()
    return Effect.filterOrFail(
      control.shell(boundedCommand(argv, seconds), seconds * 1_000 + 5_000),
      (result) => result.exitCode !== killed || performance.now() - began < timeout,
      () => failed(`run ${argv.join(" ")} in the guest`, `not finished after ${timeout} ms`, qemu)
    )
  }

const makeServe =
  (qemu: Emulator, control: GuestControl): GuestShape["serve"] =>
  ({ port, protocol, page }) => {
    const script = protocol === "udp" ? serveUdpScript(port, page) : serveHttpScript(port, page)
    return control.shell(script, configureTimeout).pipe(
      Effect.filterOrFail(
        (result) => result.exitCode === 0,
        (result) => failed(`serve on port ${port} in the guest`, result.stderr.trim(), qemu)
      ),
      Effect.asVoid
    )
  }

const makeShutdown = (qemu: Emulator, control: GuestControl): GuestShape["shutdown"] =>
  Effect.raceFirst(Effect.ignore(control.shell("reboot -f", shutdownTimeout)), qemu.ended).pipe(
    Effect.andThen(bounded(qemu.ended, shutdownTimeout, () => failed("shut the guest down", "QEMU still runs", qemu)))
  )

const boot = Effect.fn("Guest.boot")(function* (
  options: GuestOptions
): Effect.fn.Return<GuestShape, GuestError, Scope.Scope> {
  const directory = yield* cacheDirectory(options.cacheDirectory ?? defaultCacheDirectory())
  const image = yield* guestImage(directory)
  const { qemu, control } = yield* start(options, directory, image)
  if (options.resumed !== true) yield* configure(options, qemu, control)
  return {
    pid: qemu.pid,
    exec: makeExec(qemu, control),
    serve: makeServe(qemu, control),
    shutdown: makeShutdown(qemu, control),
    consoleTail: qemu.consoleTail
  }
})

/**
 * Real virtual machines: QEMU with Debian's cloud kernel and a busybox on it, on a TAP device. Without KVM by default, so
 * that they run anywhere; a saved guest that has already booted is continued, which takes about a third of a second.
 */
export const Guest = { boot }
