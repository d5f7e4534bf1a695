import { VmnetError } from "@vmnet/core"
import { Result } from "effect"
import { isAbsolute, join, resolve } from "node:path"

/** Who asks, with which environment. */
export interface Caller {
  readonly uid: number
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The one that is named; else `/run/vmnet` for root and `$XDG_RUNTIME_DIR/vmnet` for anybody else: both end with the boot. */
export const stateDirOf = (named: string | undefined, { uid, env }: Caller): Result.Result<string, VmnetError> => {
  if (named !== undefined) return Result.succeed(resolve(named))
  if (uid === 0) return Result.succeed("/run/vmnet")
  const runtime = env["XDG_RUNTIME_DIR"]
  if (runtime !== undefined && isAbsolute(runtime)) return Result.succeed(join(runtime, "vmnet"))
  return Result.fail(
    new VmnetError({
      code: "BAD_INPUT",
      detail: "no place for the state: XDG_RUNTIME_DIR is not set to an absolute path",
      hint: "Run as root, or name a directory: --state-dir DIR, `stateDir` in code."
    })
  )
}
