import { ensureDebianPackages } from "./debianPackages.mjs"
import { say, StepFailed } from "./step.mjs"
import { ensureToolchain } from "./toolchain.mjs"

/** @param {unknown} error */
const report = (error) => {
  say(
    error instanceof StepFailed ? error.message : error instanceof Error ? (error.stack ?? error.message) : `${error}`
  )
  process.exitCode = error instanceof StepFailed ? error.exitCode : 1
}

/**
 * Makes a fresh clone on a bare machine able to run; nothing to do costs a few file reads. The two halves need
 * different things (root and a mirror, npm), so neither waits for the other nor is given up for it.
 *
 * @returns {Promise<boolean>} whether the repository is ready; if not, why not has been said and the exit code is set
 */
export const setUp = async () => {
  const [tools, packages] = await Promise.allSettled([ensureToolchain(), ensureDebianPackages()])
  const failures = [tools, packages].flatMap((half) => (half.status === "rejected" ? [half.reason] : []))
  failures.forEach(report)
  return failures.length === 0
}

if (process.argv[1] === import.meta.filename) await setUp()
