import { realpathSync } from "node:fs"
import { basename, dirname, join } from "node:path"

const real = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/**
 * The one name of a directory that may not exist yet: everything before its last segment without symbolic links. The
 * mark on kernel objects is made from it, and `/var/run/vmnet` must not look like another install than `/run/vmnet`.
 * The last segment stays as it is: a state directory that is itself a link is refused, not followed.
 */
export const canonical = (path: string): string => {
  const parent = dirname(path)
  if (parent === path) return path
  return join(real(parent) ?? canonical(parent), basename(path))
}
