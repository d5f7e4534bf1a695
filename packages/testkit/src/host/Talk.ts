import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { endGroup, minimalEnvironment } from "./Process.ts"
import { enter, type Place } from "./Traffic.ts"
import { talkArgv } from "./talkMain.ts"

/** One end of an open connection somewhere. */
export interface Talk {
  readonly send: (text: string) => Effect.Effect<void>
  /** The next thing it says (`open`, `got TEXT`, `closed`); dies after five seconds. */
  readonly next: Effect.Effect<string>
  /** What it has said that nobody asked for yet. */
  readonly unread: () => ReadonlyArray<string>
}

export interface TalkOptions {
  readonly protocol: "tcp" | "udp"
  readonly address: string
  readonly port: number
  readonly localPort?: number
}

/** Milliseconds, by the system's timer. */
const patience = 5_000

const start = (place: Place, mode: "connect" | "listen", { protocol, address, port, localPort }: TalkOptions) => {
  const words = [mode, protocol, address, `${port}`, ...(localPort === undefined ? [] : [`${localPort}`])]
  const [file = "", ...args] = [...enter(place), ...talkArgv(words)]
  const child = spawn(file, args, { detached: true, env: minimalEnvironment, stdio: ["pipe", "pipe", "inherit"] })
  const said: Array<string> = []
  let wake = (): void => {}
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(line)
    wake()
  })
  child.stdin.on("error", () => {})
  const next: Talk["next"] = Effect.callback((resume) => {
    const late = setTimeout(() => resume(Effect.die(new Error(`${words.join(" ")} said nothing`))), patience)
    const look = () => {
      const line = said.shift()
      if (line === undefined) return
      clearTimeout(late)
      wake = () => {}
      resume(Effect.succeed(line))
    }
    wake = look
    look()
    return Effect.sync(() => clearTimeout(late))
  })
  const send: Talk["send"] = (text) => Effect.sync(() => void child.stdin.write(`${text}\n`))
  return { pid: child.pid, talk: { send, next, unread: () => [...said] } satisfies Talk }
}

const talk =
  (mode: "connect" | "listen") =>
  (place: Place, options: TalkOptions): Effect.Effect<Talk, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => start(place, mode, options)),
      ({ pid }) => endGroup(pid)
    ).pipe(Effect.map(({ talk }) => talk))

/** A client whose connection stays open; a TCP one has said `open` once it is connected. */
export const connecting = talk("connect")

/** A server that speaks when it is told to. It listens when the effect completes. */
export const listening = (place: Place, options: TalkOptions): Effect.Effect<Talk, never, Scope.Scope> =>
  Effect.tap(talk("listen")(place, options), (server) => server.next)
