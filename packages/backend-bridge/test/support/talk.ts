import type { Place } from "@vmnet/testkit"
import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { kill } from "./processes.ts"

const script = fileURLToPath(new URL("scripts/talk.ts", import.meta.url))

/** One end of an open connection somewhere. */
export interface Talk {
  readonly send: (text: string) => Effect.Effect<void>
  /** The next thing it says (`open`, `got TEXT`, `closed`); fails the test after five seconds. */
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

const patience = 5_000

const enter = (place: Place): ReadonlyArray<string> =>
  place === "host" ? [] : ["nsenter", `--net=${place.startsWith("/") ? place : `/run/netns/${place}`}`, "--"]

const start = (place: Place, mode: "connect" | "listen", { protocol, address, port, localPort }: TalkOptions) => {
  const words = [mode, protocol, address, `${port}`, ...(localPort === undefined ? [] : [`${localPort}`])]
  const [file = "", ...args] = [...enter(place), process.execPath, script, ...words]
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] })
  const said: Array<string> = []
  let wake = (): void => {}
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(line)
    wake()
  })
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
  return { child, talk: { send, next, unread: () => [...said] } satisfies Talk }
}

const talk =
  (mode: "connect" | "listen") =>
  (place: Place, options: TalkOptions): Effect.Effect<Talk, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => start(place, mode, options)),
      ({ child }) => kill(child)
    ).pipe(Effect.map(({ talk }) => talk))

/** A client; a TCP one has said `open` once it is connected. */
export const connecting = talk("connect")

/** A server, that listens when the effect completes. */
export const listening = (place: Place, options: TalkOptions) =>
  Effect.tap(talk("listen")(place, options), (server) => server.next)
