import { Effect } from "effect"
import { stateDirOf as resolved } from "vmnet/effect"
import { Invocation } from "./Invocation.ts"

/** `--state-dir`; else the caller's own place. */
export const stateDirOf = Effect.fn("stateDirOf")(function* (flag: string | undefined) {
  return yield* Effect.fromResult(resolved(flag, yield* Invocation))
})
