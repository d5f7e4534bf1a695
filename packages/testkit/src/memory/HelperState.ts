import type { HelperKey, HelperSpec, PortForward, ProcessId } from "@vmnet/core"

/** A helper that was started and not stopped, whether its process still runs or not. */
export interface HelperState {
  readonly spec: HelperSpec
  readonly process: ProcessId
  /** Single ports. */
  forwards: ReadonlyArray<PortForward>
}

export const helperId = ({ helper, owner }: HelperKey): string => `${owner} ${helper}`
