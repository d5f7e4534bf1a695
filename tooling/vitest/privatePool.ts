import { type ChildProcess, fork } from "node:child_process"
import { EventEmitter, once } from "node:events"
import { resolve } from "node:path"
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from "vitest/node"

type Listener = (...args: Array<any>) => void // oxlint-disable-line typescript/no-explicit-any -- the pool's own signature

const killAfterMs = 5_000

/**
 * `unshare` replaces itself by Node, so the worker keeps the pid and the IPC channel that fork() made, and every thread
 * and child of it is inside. It dies with its parent: what a test does to the network must not outlive the run.
 * Without root this cannot work; the worker then starts plainly, and the setup file refuses to run anything in it.
 */
const launch = (node: ReadonlyArray<string>): [program: string, args: Array<string>] => {
  const [program = process.execPath, ...args] =
    process.getuid?.() === 0
      ? [
          "/usr/bin/setpriv",
          "--pdeathsig",
          "KILL",
          "unshare",
          "--net",
          "--mount",
          "--propagation",
          "private",
          "--",
          ...node
        ]
      : node
  return [program, args]
}

/** One worker process of the forks pool, born in a network and a mount namespace of its own. */
class PrivateWorker implements PoolWorker {
  readonly name = "private"
  readonly cacheFs = true
  readonly #options: PoolOptions
  readonly #errors = new EventEmitter()
  #child: ChildProcess | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  // The pool subscribes to errors before there is a process, and unsubscribes after it is gone.
  on(event: string, callback: Listener): void {
    if (event === "error") this.#errors.on(event, callback)
    else this.#running.on(event, callback)
  }

  off(event: string, callback: Listener): void {
    if (event === "error") this.#errors.off(event, callback)
    else this.#child?.off(event, callback)
  }

  send(message: WorkerRequest): void {
    this.#running.send(message)
  }

  deserialize(data: unknown): unknown {
    return data
  }

  async start(): Promise<void> {
    const [execPath, execArgv] = launch([process.execPath, ...this.#options.execArgv])
    const child = fork(resolve(this.#options.distPath, "workers/forks.js"), [], {
      execPath,
      execArgv,
      env: this.#options.env as NodeJS.ProcessEnv,
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"]
    })
    const { logger } = this.#options.project.vitest
    child.stdout?.pipe(logger.outputStream, { end: false })
    child.stderr?.pipe(logger.errorStream, { end: false })
    child.on("error", (error) => this.#errors.emit("error", error))
    this.#child = child
  }

  async stop(): Promise<void> {
    const child = this.#running
    if (child.exitCode === null && child.signalCode === null) {
      const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs)
      child.kill()
      await once(child, "exit")
      clearTimeout(timer)
    }
    this.#child = undefined
  }

  get #running(): ChildProcess {
    if (this.#child === undefined) throw new Error("the private test worker is not running")
    return this.#child
  }
}

/** A vitest pool whose every test file has a machine's network for itself: `pool: privatePool`. */
export const privatePool: PoolRunnerInitializer = {
  name: "private",
  createPoolWorker: (options) => new PrivateWorker(options)
}
