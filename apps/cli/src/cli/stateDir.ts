import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { isAbsolute, join, resolve } from "node:path"
import { Invocation } from "./Invocation.ts"

/** `--state-dir`; else `/run/vmnet` for root and `$XDG_RUNTIME_DIR/vmnet` for anybody else: both end with the boot. */
export const stateDirOf = Effect.fn("stateDirOf")(function* (flag: string | undefined) {
  if (flag !== undefined) return resolve(flag)
  const { uid, env } = yield* Invocation
  if (uid === 0) return "/run/vmnet"
  const runtime = env["XDG_RUNTIME_DIR"]
  if (runtime !== undefined && isAbsolute(runtime)) return join(runtime, "vmnet")
  return yield* new VmnetError({
    code: "BAD_INPUT",
    detail: "no place for the state: XDG_RUNTIME_DIR is not set to an absolute path",
    hint: "Run as root, or give --state-dir DIR."
  })
})
