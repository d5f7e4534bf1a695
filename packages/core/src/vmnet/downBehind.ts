import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import { makeTeardownInTurn } from "../plan/teardownInTurn.ts"
import type { Drivers } from "../resource/Drivers.ts"
import type { Behind } from "./cutOff.ts"
import { down } from "./down.ts"
import { Progress } from "./Progress.ts"
import type { DownOptions, DownResult } from "./Vmnet.ts"
import { removingAnyway } from "./withoutRecord.ts"

/**
 * `down` that answers once nothing passes to or from the VM any more and it is on record as being taken down. The rest goes on
 * behind the answer, under the same lock and together with others', in the scope this is made in: to close that waits for
 * it. What then fails keeps the lease as `failed`, as ever, and is logged.
 */
export const makeDownBehind = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const tearDown = yield* makeTeardownInTurn
  return Effect.fnUntraced(function* (drivers: Drivers, vm: string, options: DownOptions = {}) {
    const answer = yield* Deferred.make<DownResult, VmnetError>()
    const after: Behind["after"] = (rest) =>
      Deferred.succeed(answer, { vm, outcome: "releasing" }).pipe(
        // Whoever asked goes first: what comes now keeps this thread busy.
        Effect.andThen(Effect.yieldNow),
        Effect.andThen(rest),
        Effect.provideService(Progress, () => Effect.void)
      )
    let unused: Behind | undefined = { after, tearDown }
    // Over a copy of the record nothing is kept that would finish it after a crash: that is waited for.
    const work = Effect.suspend(() => {
      const first = unused
      unused = undefined
      return down(drivers, vm, options, first)
    })
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkIn(Effect.onExit(removingAnyway(work), concluding(vm, answer)), scope, {
          startImmediately: true
        })
        return yield* Effect.onInterrupt(restore(Deferred.await(answer)), () => Fiber.interrupt(fiber))
      })
    )
  })
})

/** The answer, where there was none yet; else a word on what went wrong behind it. */
const concluding =
  (vm: string, answer: Deferred.Deferred<DownResult, VmnetError>) => (exit: Exit.Exit<DownResult, VmnetError>) =>
    Effect.flatMap(Deferred.done(answer, exit), (isAnswer) =>
      isAnswer || Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
        ? Effect.void
        : Effect.logWarning(`${vm} is cut off, but not all gone`, exit.cause)
    )
