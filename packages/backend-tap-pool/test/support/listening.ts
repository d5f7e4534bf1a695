import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const script = fileURLToPath(new URL("scripts/listener.ts", import.meta.url))

/** A UDP peer on the internet that answers when told to; it listens when the effect completes, until the scope closes. */
export const listening = (address: string, port: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const argv = ["--net=/run/netns/internet", "--", process.execPath, script, address, `${port}`]
      const child = spawn("nsenter", argv, { stdio: ["pipe", "pipe", "inherit"] })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const next = async () => String((await lines.next()).value)
      await next()
      return { child, next: Effect.promise(next), send: (text: string) => void child.stdin.write(`${text}\n`) }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        const gone = once(child, "exit")
        child.kill("SIGKILL")
        await gone
      })
  )
