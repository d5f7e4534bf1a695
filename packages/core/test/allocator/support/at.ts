import type { ProcessId } from "@vmnet/core"
import type { AddressOptions } from "../../../src/allocator/addressFor.ts"

/** A process by its pid, of the one boot that there is. */
export const processOf = (pid: number): ProcessId => ({ pid, startTime: "1", bootId: "b" })

/** A moment, and the processes that run at it. */
export const at = (now: number, running: ReadonlyArray<number> = []): AddressOptions => ({
  now,
  alive: ({ pid }) => running.includes(pid)
})
