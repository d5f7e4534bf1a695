import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import type { Duplex } from "node:stream"
import { endGroup, minimalEnvironment } from "../host/Process.ts"
import { GuestError } from "./errors.ts"

/** A running QEMU: its lines to the outside, and what it said. */
export interface Emulator {
  readonly pid: number
  /** The guest's second serial port. */
  readonly control: Duplex
  /** QMP. */
  readonly monitor: Duplex
  /** The last of the kernel's console and of QEMU's own complaints. */
  readonly consoleTail: () => string
  /** Completes when it has ended. */
  readonly ended: Effect.Effect<void>
}

/** File descriptors of QEMU, after its three standard ones. */
export const controlFd = 3
export const monitorFd = 4
export const stateFd = 5

const tailSize = 4_000

const started = (child: ChildProcess, argv: ReadonlyArray<string>): Effect.Effect<number, GuestError> =>
  Effect.callback((resume) => {
    child.once("error", (cause) =>
      resume(Effect.fail(new GuestError({ action: `start ${argv.join(" ")}`, detail: cause.message, cause })))
    )
    child.once("spawn", () => resume(Effect.succeed(child.pid ?? 0)))
  })

/** Until its streams have ended too: QEMU says why it gives up just before it does. */
const closed = (child: ChildProcess): Effect.Effect<void> => {
  const close = new Promise<void>((resolve) => child.once("close", () => resolve()))
  return Effect.promise(() => close)
}

/** Start QEMU, killed with the scope or with this process. `state` is an open file of a saved guest. */
export const emulator = (
  argv: ReadonlyArray<string>,
  state?: number
): Effect.Effect<Emulator, GuestError, Scope.Scope> =>
  Effect.gen(function* () {
    const [file = "", ...args] = argv
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(file, args, {
          detached: true,
          env: minimalEnvironment,
          // A pipe of Node is a socket pair, which is what QEMU wants of an inherited descriptor.
          stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", ...(state === undefined ? [] : [state])]
        })
      ),
      (one) => endGroup(one.pid)
    )
    const ended = closed(child)
    let console = ""
    const listen = (stream: NodeJS.ReadableStream | null) =>
      stream?.on("data", (data: Buffer) => {
        console = `${console}${data.toString("utf8")}`.slice(-tailSize)
      })
    listen(child.stdout)
    listen(child.stderr)
    const pid = yield* started(child, argv)
    return {
      pid,
      control: child.stdio[controlFd] as Duplex,
      monitor: child.stdio[monitorFd] as Duplex,
      consoleTail: () => console,
      ended
    }
  })
