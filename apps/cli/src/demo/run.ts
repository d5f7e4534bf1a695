import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import type { Globals } from "../cli/globals.ts"

/** What `vmnet demo` does. */
export const runDemo: (globals: Globals) => Effect.Effect<void, VmnetError> = () =>
  Effect.fail(
    new VmnetError({
      code: "HOST_NOT_CAPABLE",
      detail: "this build of vmnet has no demo",
      hint: "Run it from a checkout of the repository: npm run demo."
    })
  )
