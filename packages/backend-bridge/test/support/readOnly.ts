import { Effect } from "effect"
import { runOk } from "./kernel.ts"

/**
 * Nobody in this mount namespace writes below the path while the scope lives: the kernel itself says EROFS. The proof
 * that something is never written, whatever is written over it.
 */
export const readOnly = (path: string) =>
  Effect.acquireRelease(
    Effect.andThen(
      runOk("host", ["mount", "--bind", path, path]),
      runOk("host", ["mount", "-o", "remount,bind,ro", path])
    ),
    () => runOk("host", ["umount", path])
  )
