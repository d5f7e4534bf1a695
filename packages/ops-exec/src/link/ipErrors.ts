import { type Batch, isMilestone } from "./batch.ts"

/**
 * The change a batch stopped at: `ip` names the line (`Command failed -:3`), or else it was the last change whose
 * milestone was answered, with one line of JSON each.
 */
export const failedIndex = (batch: Batch, stdout: string, stderr: string): number | undefined => {
  const line = /^Command failed -:(\d+)$/m.exec(stderr)?.[1]
  if (line !== undefined) return batch.lines[Number(line) - 1]?.index
  const answers = stdout.split("\n").filter((answer) => answer !== "")
  return batch.lines.filter(isMilestone)[answers.length - 1]?.index
}
