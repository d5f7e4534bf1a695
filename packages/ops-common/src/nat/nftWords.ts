import { OpsError, type OpsReason } from "@vmnet/core"
import type { Attempt } from "../errors/opsErrors.ts"
import { reasonOfText } from "../text/reasons.ts"
import type { NftAnswer } from "./Nft.ts"

export const reasonOfNft = (stderr: string): OpsReason =>
  reasonOfText(stderr) ?? (/syntax error|unexpected/.test(stderr) ? "Unsupported" : "Failed")

/**
 * nft's errors without the lines that repeat the input and underline a part of it; JSON has no places to name. What is said of
 * many commands alike is said once.
 */
export const wordsOfNft = (stderr: string): string => {
  const lines = stderr
    .split("\n")
    .filter((line) => line.includes("Error: ") || line.includes("Operation not permitted"))
  return [...new Set(lines.map((line) => line.replace(/^internal:0:0-0: /, "")))].join("\n") || stderr.trim()
}

export const nftFailure = (attempt: Attempt, { stderr }: NftAnswer): OpsError =>
  new OpsError({ ...attempt, reason: reasonOfNft(stderr), output: wordsOfNft(stderr) })
