import { closeSync, constants, openSync } from "node:fs"
import { checked } from "../ffi/SystemCallError.ts"
import { loadLibc } from "../ffi/foreign.ts"

/** `CLONE_NEWNET` of linux/sched.h. */
export const newNet = 0x4000_0000

/**
 * Back to the namespace that was left, or never again: a thread that went on in a foreign one would change somebody else's
 * network. Nothing may catch this, so the process ends here.
 */
const comeBack = (own: number): void => {
  try {
    checked("setns", loadLibc().setns(own, newNet))
  } catch (cause) {
    process.stderr.write(`vmnet: cannot return to its own network namespace, ending at once: ${String(cause)}\n`)
    process.abort()
  }
}

/** What may leave the thread's namespace: it enters another, and `work` runs there. One synchronous stretch, always brought back. */
const away = <A>(leave: () => void, work: () => A): A => {
  const own = openSync("/proc/thread-self/ns/net", constants.O_RDONLY)
  try {
    // Who may not come back does not go: users without rights, and root of a user namespace in a network that is not its own.
    checked("setns", loadLibc().setns(own, newNet))
    // What fails has left nothing.
    leave()
    try {
      return work()
    } finally {
      comeBack(own)
    }
  } finally {
    closeSync(own)
  }
}

/**
 * Runs `work` with this thread in the network namespace of an open file. Sockets and nft contexts opened meanwhile belong to it
 * for good. `work` must be synchronous, and start neither threads nor processes: they would be born there.
 */
export const inNetns = <A>(fd: number, work: () => A): A =>
  away(() => checked("setns", loadLibc().setns(fd, newNet)), work)

/** Runs `work` in a network namespace that has just been made and is gone afterwards, unless `work` gave it a name. */
export const inNewNetns = <A>(work: () => A): A => away(() => checked("unshare", loadLibc().unshare(newNet)), work)
