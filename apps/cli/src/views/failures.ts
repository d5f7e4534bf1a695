import type { VmnetError } from "@vmnet/core"
import { bodyOf } from "../cli/report.ts"

/** A VM of several that a command could not do. */
export interface VmFailure {
  readonly vm: string
  readonly error: VmnetError
}

/** The failures among the answers for several VMs, as errors are printed; nothing where there are none. */
export const failedJson = (failures: ReadonlyArray<VmFailure>) =>
  failures.length === 0 ? {} : { failed: failures.map(({ error, vm }) => ({ vm, error: bodyOf(error) })) }
