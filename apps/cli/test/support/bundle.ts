import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "rolldown"
import config from "../../rolldown.config.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The bundle as it is published, built anew of what is in `src`, in a directory that `remove` takes away. */
export const makeBundle = async () => {
  const directory = mkdtempSync(join(tmpdir(), "vmnet-bundle-"))
  cpSync(join(root, "package.json"), join(directory, "package.json"))
  // What is not in the bundle is found as an installed package finds it.
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"))
  await build({ ...config, cwd: root, output: { ...config.output, dir: join(directory, "dist") } })
  return {
    directory,
    program: join(directory, "dist", "bin.js"),
    remove: () => rmSync(directory, { recursive: true })
  }
}
