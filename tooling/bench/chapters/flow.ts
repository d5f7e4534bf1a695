import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export type Protocol = "tcp" | "udp"

/** A flow from one namespace to an address that another one has. */
export interface FlowOptions {
  readonly protocol: Protocol
  readonly from: string
  readonly to: string
  readonly address: string
  readonly seconds: number
}

/** What arrived, and what was sent, each by its own clock: bytes or packets in a second. */
export interface Flow {
  readonly sent: number
  readonly received: number
}

const script = fileURLToPath(new URL("./traffic.pl", import.meta.url))
const port = 5_201

const start = (netns: string, mode: string, { address, seconds }: FlowOptions): ChildProcess =>
  spawn("nsenter", [`--net=/run/netns/${netns}`, "--", "perl", script, mode, address, `${port}`, `${seconds}`], {
    stdio: ["ignore", "pipe", "pipe"]
  })

/** Its lines: the first one that passes, or why there is none. */
const line = (child: ChildProcess, pattern: RegExp, seconds: number): Promise<RegExpExecArray> =>
  new Promise((resolve, reject) => {
    let complaint = ""
    const late = setTimeout(
      () => {
        child.kill("SIGKILL")
        reject(new Error(`the flow did not end: ${complaint}`))
      },
      (seconds + 15) * 1_000
    )
    child.stderr?.on("data", (text: Buffer) => {
      complaint += text.toString("utf8")
    })
    createInterface({ input: child.stdout! }).on("line", (text) => {
      const found = pattern.exec(text)
      if (found === null) return
      clearTimeout(late)
      resolve(found)
    })
    child.once("close", (code) => {
      clearTimeout(late)
      if (code !== 0) reject(new Error(`${child.spawnargs.slice(4).join(" ")} (${code}): ${complaint.trim()}`))
    })
  })

const rate = ([, count, took]: RegExpExecArray): number => Number(count) / Number(took)

/** A few seconds of it; both ends have ended when it is done. */
export const measureFlow = async (options: FlowOptions): Promise<Flow> => {
  const { protocol, seconds } = options
  const receiver = start(options.to, `${protocol}-receive`, options)
  const total = /^(\d+) \w+ ([\d.]+)$/
  const ready = line(receiver, /^ready$/, seconds)
  const received = line(receiver, total, seconds)
  received.catch(() => {})
  try {
    await ready
    const sent = line(start(options.from, `${protocol}-send`, options), total, seconds)
    return { sent: rate(await sent), received: rate(await received) }
  } finally {
    receiver.kill("SIGKILL")
  }
}
