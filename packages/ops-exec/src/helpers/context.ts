import type { Commands } from "@vmnet/core"

/** What every operation on helpers needs. */
export interface HelperContext {
  readonly stateDir: string
  readonly commands: Commands["Service"]
  readonly bootId: string
}
