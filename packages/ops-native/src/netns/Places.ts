import { type Netns, netnsKey, type OpsError, type StayWhile } from "@vmnet/core"
import { type Attempt, ofSystemError, openNetnsNow } from "@vmnet/ops-common"
import { Context, Effect, Layer } from "effect"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { Place } from "./Place.ts"

/** So many are held open at once, four descriptors each: the oldest makes room. */
const most = 96

/**
 * The namespaces that work is done in. The host's own stays open; any other is open for one piece of work, or, while somebody
 * stays (see `Stay`), until all who do have ended: a namespace that is deleted meanwhile has to be let go of.
 */
export class PlacesOpen implements Disposable {
  readonly #host = new Place()
  readonly #kept = new Map<string, Place>()
  #staying = 0

  /** Synchronous, to the end or to what it throws: `OpsError` when the namespace is not there. */
  use<A>(netns: Netns, attempt: Attempt, work: (place: Place) => A): A {
    if (netns._tag === "Host") return work(this.#host)
    const key = netnsKey(netns)
    const known = this.#known(key, netns)
    if (known !== undefined) return work(known)
    const place = new Place(openNetnsNow(netns, attempt))
    if (this.keep(netns, place)) return work(place)
    using brief = place
    return work(brief)
  }

  /** Whether it is kept: then it is not the caller's any more. */
  keep(netns: Netns, place: Place): boolean {
    if (this.#staying === 0) return false
    this.leave(netns)
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined && this.#kept.size >= most) this.#drop(oldest)
    this.#kept.set(netnsKey(netns), place)
    return true
  }

  /** Lets go of a namespace: it could not end before. */
  leave(netns: Netns): void {
    this.#drop(netnsKey(netns))
  }

  readonly stay: StayWhile = (self) =>
    // In one piece with what ends it: a fiber that is interrupted in between would stay for good.
    Effect.acquireUseRelease(
      Effect.sync(() => void this.#staying++),
      () => self,
      () =>
        Effect.sync(() => {
          if (--this.#staying === 0) this.#dropAll()
        })
    );

  [Symbol.dispose](): void {
    this.#dropAll()
    this.#host[Symbol.dispose]()
  }

  #known(key: string, netns: Netns): Place | undefined {
    const place = this.#kept.get(key)
    if (place === undefined || place.is(netns)) return place
    this.#drop(key)
    return undefined
  }

  #drop(key: string): void {
    const place = this.#kept.get(key)
    this.#kept.delete(key)
    place?.[Symbol.dispose]()
  }

  #dropAll(): void {
    for (const key of this.#kept.keys()) this.#drop(key)
  }
}

/** The places of one layer, shared by all its operations. */
export class Places extends Context.Service<Places, PlacesOpen>()("@vmnet/ops-native/Places") {
  static readonly layer: Layer.Layer<Places> = Layer.effect(
    Places,
    Effect.acquireRelease(
      Effect.sync(() => new PlacesOpen()),
      (places) => Effect.sync(() => places[Symbol.dispose]())
    )
  )
}

/** Nothing was begun: the file is a namespace of another kind, or we may not enter it. */
const refusedEntry = (netns: Netns, { action }: Attempt, cause: unknown): OpsError | undefined =>
  cause instanceof SystemCallError && cause.call === "setns"
    ? ofSystemError({ family: "netns", action: `${action} in ${netnsKey(netns)}` }, cause)
    : undefined

/** Does `work`, one synchronous stretch, with what is open of a namespace; `failed` says what is meant by what it throws. */
export const inPlace = <A>(
  places: PlacesOpen,
  netns: Netns,
  attempt: Attempt,
  work: (place: Place) => A,
  failed: (cause: unknown) => OpsError
): Effect.Effect<A, OpsError> =>
  Effect.try({
    try: () => places.use(netns, attempt, work),
    catch: (cause) => refusedEntry(netns, attempt, cause) ?? failed(cause)
  })
