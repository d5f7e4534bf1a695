import { Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

interface Target {
  readonly id: number
  readonly address: string
  readonly port: number
}

export type Question =
  | (Target & { readonly serve: "tcp" | "udp" })
  | (Target & { readonly ask: "tcp"; readonly timeout: number })
  | (Target & { readonly ask: "udp"; readonly timeout: number; readonly localPort?: number; readonly source?: string })

/** What the other side said, or `null` when nothing came back in time. */
export type Answer = string | null

type Ask = Omit<Extract<Question, { ask: "udp" }>, "id" | "ask" | "timeout" | "address" | "port">

const main = fileURLToPath(new URL("agentMain.ts", import.meta.url))
const patience = 400

/** Starts Node inside a namespace; `nsenter` becomes Node, so the channel `fork` made is Node's. */
const spawn = async (name: string, netns: string): Promise<ChildProcess> => {
  const child = fork(main, [name], {
    execPath: "/usr/bin/nsenter",
    execArgv: [`--net=${netns}`, "--", process.execPath],
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })
  await once(child, "message")
  return child
}

const end = async (child: ChildProcess): Promise<void> => {
  const exit = once(child, "exit")
  child.disconnect()
  await exit
}

const askChild = (child: ChildProcess, question: Question): Promise<Answer> =>
  new Promise((resolve) => {
    const onMessage = (message: { readonly id: number; readonly text: Answer }) => {
      if (message.id !== question.id) return
      child.off("message", onMessage)
      resolve(message.text)
    }
    child.on("message", onMessage)
    child.send(question)
  })

/** Somebody who lives in `netns` and can serve and ask. */
export const makeAgent = Effect.fn("makeAgent")(function* (name: string, netns: string) {
  const child = yield* Effect.acquireRelease(
    Effect.promise(() => spawn(name, netns)),
    (child) => Effect.promise(() => end(child))
  )
  let id = 0
  const say = (question: Question) => Effect.promise(() => askChild(child, question))
  const target = (address: string, port: number): Target => ({ id: ++id, address, port })
  return {
    name,
    netns,
    /** Listens on a port and answers every client `NAME sees ADDRESS`. */
    serve: (protocol: "tcp" | "udp", port: number, address = "0.0.0.0") =>
      Effect.suspend(() => say({ ...target(address, port), serve: protocol })),
    tcp: (address: string, port: number) =>
      Effect.suspend(() => say({ ...target(address, port), ask: "tcp", timeout: patience })),
    udp: (address: string, port: number, more: Ask = {}) =>
      Effect.suspend(() => say({ ...target(address, port), ask: "udp", timeout: patience, ...more }))
  }
})

export type Agent = Effect.Success<ReturnType<typeof makeAgent>>
