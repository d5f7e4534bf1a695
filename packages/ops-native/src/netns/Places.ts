import { type Netns, netnsKey, type OpsError, type StayWhile } from "@vmnet/core"
import { type Attempt, ofSystemError, openNetnsNow } from "@vmnet/ops-common"
import { Context, Effect, Layer } from "effect"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { Place } from "./Place.ts"

/** So many are held open at once, four descriptors each: where nobody was for longest makes room, never where work is going on. */
const most = 96

interface Kept {
  readonly place: Place
  /** When somebody was there last, by the count of `PlacesOpen`. */
  readonly used: number
}

/**
 * The namespaces that work is done in. The host's own stays open; any other is open for one piece of work, or, while somebody
 * stays (see `Stay`), until all who stayed when it was last used have ended: whoever else deletes a namespace waits for that.
 */
export class PlacesOpen implements Disposable {
  readonly #host = new Place()
  readonly #kept = new Map<string, Kept>()
  /** When each of those who stay has begun to. */
  readonly #stays = new Set<number>()
  #count = 0

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
    if (this.#stays.size === 0) return false
    this.leave(netns)
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined && this.#kept.size >= most) this.#drop(oldest)
    this.#kept.set(netnsKey(netns), { place, used: ++this.#count })
    return true
  }

  /** Lets go of a namespace: it could not end before. */
  leave(netns: Netns): void {
    this.#drop(netnsKey(netns))
  }

  readonly stay: StayWhile = (self) =>
    // In one piece with what ends it: a fiber that is interrupted in between would stay for good.
    Effect.acquireUseRelease(
      Effect.sync(() => {
        this.#stays.add(++this.#count)
        return this.#count
      }),
      () => self,
      (began) =>
        Effect.sync(() => {
          this.#stays.delete(began)
          this.#dropUsedBefore(Math.min(...this.#stays))
        })
    );

  [Symbol.dispose](): void {
    this.#dropUsedBefore(Infinity)
    this.#host[Symbol.dispose]()
  }

  #known(key: string, netns: Netns): Place | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    if (!kept.place.is(netns)) {
      this.#drop(key)
      return undefined
    }
    this.#kept.delete(key)
    this.#kept.set(key, { ...kept, used: ++this.#count })
    return kept.place
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    kept?.place[Symbol.dispose]()
  }

  /** With nobody who stays that is all of them. */
  #dropUsedBefore(began: number): void {
    for (const [key, { used }] of this.#kept) if (used < began) this.#drop(key)
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
