import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { root } from "./workspace.mjs"

const ignored = new Set(["node_modules", "dist", "test", ".turbo"])

/**
 * @param {string} path
 * @returns {Array<string>} the files at or below it
 */
const filesBelow = (path) => {
  const entry = statSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return []
  if (!entry.isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => !ignored.has(name))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)))
}

/** @param {ReadonlyArray<string>} paths files and directories */
const fingerprint = (paths) => {
  const hash = createHash("sha256")
  for (const file of paths.flatMap(filesBelow)) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0")
  }
  return hash.digest("hex")
}

/** @param {string} file */
const readIfThere = (file) => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

/**
 * Does `work` unless it already succeeded on the same inputs. The mark is gone while it runs, so an interrupted run is
 * done again.
 *
 * @param {{ readonly mark: string, readonly inputs: ReadonlyArray<string>, readonly work: () => Promise<void> }} options
 */
export const onceFor = async ({ mark, inputs, work }) => {
  const now = fingerprint(inputs)
  if (readIfThere(mark) === now) return
  rmSync(mark, { force: true })
  await work()
  mkdirSync(dirname(mark), { recursive: true })
  writeFileSync(mark, now)
}
