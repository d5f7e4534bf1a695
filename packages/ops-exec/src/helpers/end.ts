import type { ProcessId } from "@vmnet/core"
import { readProcessStat } from "@vmnet/ops-common"

/** Milliseconds a helper has to end by itself, and then the kernel to take it away. */
const grace = 2_000

const isThere = ({ pid, startTime }: ProcessId): boolean => {
  const stat = readProcessStat(pid)
  return stat !== undefined && !stat.gone && stat.startTime === startTime
}

const signal = (process_: ProcessId, name: NodeJS.Signals): void => {
  // To kill(2) 0 and below are groups of processes, and 1 is what the machine runs on.
  if (process_.pid <= 1 || !isThere(process_)) return
  try {
    process.kill(process_.pid, name)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause
  }
}

/** It is nobody's child any more, so nobody is told of its end: /proc is. */
const gone = (process_: ProcessId): Promise<boolean> =>
  new Promise((resolve) => {
    const deadline = performance.now() + grace
    let wait = 1
    const look = (): void => {
      if (!isThere(process_)) return resolve(true)
      if (performance.now() > deadline) return resolve(false)
      wait = Math.min(wait * 2, 50)
      setTimeout(look, wait)
    }
    look()
  })

/** Ends exactly this process: asked first, then killed. `false` when it is there all the same. */
export const endProcess = async (process_: ProcessId): Promise<boolean> => {
  signal(process_, "SIGTERM")
  if (await gone(process_)) return true
  signal(process_, "SIGKILL")
  return gone(process_)
}
