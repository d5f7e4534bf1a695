import type { Backends, HostProbe, Vmnet, VmnetError } from "@vmnet/core"
import { type Effect, Exit, type Layer, ManagedRuntime } from "effect"
import { badInput, failureOf } from "./failure.ts"

/** What verbs stand on. */
export type Services = Vmnet | Backends | HostProbe

/** Runs verbs as promises over services that are made when the first verb needs them. */
export class Runner {
  readonly #layer: Layer.Layer<Services, VmnetError>
  readonly #working = new Set<Promise<unknown>>()
  #runtime: ManagedRuntime.ManagedRuntime<Services, VmnetError> | undefined
  #closing: Promise<void> | undefined

  constructor(layer: Layer.Layer<Services, VmnetError>) {
    this.#layer = layer
  }

  /** Rejects with a `VmnetError`, or with the reason of `signal` once all is undone. */
  run<A>(verb: Effect.Effect<A, VmnetError, Services>, signal?: AbortSignal): Promise<A> {
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

  async #answer<A>(verb: Effect.Effect<A, VmnetError, Services>, signal: AbortSignal | undefined): Promise<A> {
    signal?.throwIfAborted()
    const runtime = (this.#runtime ??= ManagedRuntime.make(this.#layer))
    const exit = await runtime.runPromiseExit(verb, signal === undefined ? {} : { signal })
    if (Exit.isSuccess(exit)) return exit.value
    // Services that could not be made (a busy ledger, a missing program) are tried again by the next verb.
    if (runtime.cachedContext === undefined && this.#runtime === runtime) this.#runtime = undefined
    throw failureOf(exit.cause, signal)
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#working)
    await this.#runtime?.dispose()
  }
}
