import { spawnSync } from "node:child_process"

/** The system's own programs, called without the code under test. Fails with what they said. */
export const run = (program: string, args: ReadonlyArray<string>): string => {
  const { error, status, stderr, stdout } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 64 << 20 })
  if (error !== undefined) throw error
  if (status === 0) return stdout
  throw new Error(`${[program, ...args].join(" ")}: ${stderr.trim() || `exit code ${status}`}`)
}

export const ip = (...args: ReadonlyArray<string>): string => run("ip", args)

export const inside = (netns: string, program: string, ...args: ReadonlyArray<string>): string =>
  run("nsenter", [`--net=${netns}`, "--", program, ...args])

/** `nft -j JSON`, for entries whose comments no text could carry. */
export const nftJson = (netns: string, ...commands: ReadonlyArray<unknown>): string =>
  inside(netns, "nft", "-j", JSON.stringify({ nftables: commands }))
