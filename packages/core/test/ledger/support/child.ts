import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

/** A script running as a process of its own. Its lines come in order; `next` waits for one. */
export interface Child {
  readonly next: () => Promise<string>
  /** The one line it is told. */
  readonly say: (line: string) => void
  /** SIGKILL, and gone when the promise resolves. */
  readonly kill: () => Promise<void>
  /** The lines not yet read, once it has ended well. */
  readonly rest: () => Promise<ReadonlyArray<string>>
}

export const startChild = (script: URL, ...args: ReadonlyArray<string>): Child => {
  const child = spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ["pipe", "pipe", "pipe"] })
  const ended = once(child, "close")
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let errors = ""
  child.stderr.on("data", (chunk) => (errors += chunk))
  const next = async (): Promise<string> => {
    const line = await lines.next()
    if (line.done === true) throw new Error(`${script.pathname} ended early: ${errors}`)
    return line.value
  }
  const rest = async (): Promise<ReadonlyArray<string>> => {
    const left: Array<string> = []
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) left.push(line.value)
    const [code] = await ended
    if (code !== 0) throw new Error(`${script.pathname} ended with ${code}: ${errors}`)
    return left
  }
  return {
    next,
    rest,
    say: (line) => void child.stdin.end(`${line}\n`),
    kill: async () => {
      child.kill("SIGKILL")
      await ended
    }
  }
}
