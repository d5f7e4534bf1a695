import type { Backends, HostProbe, Vmnet, VmnetError } from "@vmnet/core"
import { Effect, Exit, Layer, ManagedRuntime, References } from "effect"
import { badInput, failureOf } from "./failure.ts"

/** What verbs stand on. */
export type Services = Vmnet | Backends | HostProbe

/**
 * Fibers give way only where they wait for something. Between the last thing a verb waits for and its answer nothing
 * waits, so no abort comes between: what rejects with the signal's reason is undone, what is done resolves.
 */
const inOneGo = Layer.succeed(References.PreventSchedulerYield, true)

/** Runs verbs as promises over services that are made when the first verb needs them. */
export class Runner<R = Services> {
  readonly #layer: Layer.Layer<R, VmnetError>
  readonly #working = new Set<Promise<unknown>>()
  #runtime: ManagedRuntime.ManagedRuntime<R, VmnetError> | undefined
  #closing: Promise<void> | undefined

  constructor(layer: Layer.Layer<R, VmnetError>) {
    this.#layer = layer
  }

  /** Rejects with a `VmnetError`, or with the reason of `signal` once all is undone. */
  run<A>(verb: Effect.Effect<A, VmnetError, R>, signal?: AbortSignal): Promise<A> {
    if (this.#closing !== undefined) {
      return Promise.reject(badInput("this vmnet is closed", "Make another with createVmnet()."))
    }
    const answer = this.#answer(verb, signal)
    this.#working.add(answer)
    // Both ways: an unhandled rejection is the caller's to see, once, through the promise he was given.
    const done = () => void this.#working.delete(answer)
    answer.then(done, done)
    return answer
  }

  /** What has begun comes to its end; then the services are let go. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #answer<A>(verb: Effect.Effect<A, VmnetError, R>, signal: AbortSignal | undefined): Promise<A> {
    signal?.throwIfAborted()
    const runtime = (this.#runtime ??= ManagedRuntime.make(Layer.merge(this.#layer, inOneGo)))
    const given = signal === undefined ? {} : { signal }
    const opened = await runtime.runPromiseExit(Effect.void, given)
    if (Exit.isFailure(opened)) {
      // A busy ledger, a missing program: the next verb tries again.
      if (runtime.cachedContext === undefined && this.#runtime === runtime) this.#runtime = undefined
      throw failureOf(opened.cause, signal)
    }
    const exit = await runtime.runPromiseExit(verb, given)
    if (Exit.isSuccess(exit)) return exit.value
    throw failureOf(exit.cause, signal)
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#working)
    await this.#runtime?.dispose()
  }
}
