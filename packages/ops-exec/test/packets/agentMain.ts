import { createSocket } from "node:dgram"
import { createConnection, createServer } from "node:net"
import type { Answer, Question } from "./Agent.ts"

/**
 * A host of the private network: runs inside its namespace and does there what it is asked over the channel to its
 * parent. Servers tell a client who answered and under which address the client was seen.
 */
const [name = "nobody"] = process.argv.slice(2)

const serveTcp = (address: string, port: number): Promise<Answer> =>
  new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy())
      socket.end(`${name} sees ${socket.remoteAddress}`)
    })
    server.listen(port, address, () => resolve("listening"))
  })

const serveUdp = (address: string, port: number): Promise<Answer> =>
  new Promise((resolve) => {
    const socket = createSocket("udp4", (_, from) =>
      socket.send(`${name} sees ${from.address}`, from.port, from.address)
    )
    socket.bind(port, address, () => resolve("listening"))
  })

const askTcp = (address: string, port: number, timeout: number): Promise<Answer> =>
  new Promise((resolve) => {
    let text = ""
    const socket = createConnection({ host: address, port })
    const end = (answer: Answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(timeout, () => end(null))
    socket.on("data", (chunk) => (text += chunk.toString()))
    socket.on("error", () => end(null))
    socket.on("end", () => end(text === "" ? null : text))
  })

const openSockets = new Map<number, ReturnType<typeof createSocket>>()

/** A local port that is named keeps its socket, so that asking again continues the same flow. */
const socketAt = async (port: number | undefined, source: string | undefined) => {
  const known = port === undefined ? undefined : openSockets.get(port)
  if (known !== undefined) return known
  const socket = createSocket("udp4")
  if (port !== undefined) openSockets.set(port, socket)
  await new Promise<void>((resolve) => socket.bind(port ?? 0, source, resolve))
  return socket
}

const askUdp = async ({ address, localPort, port, source, timeout }: Extract<Question, { ask: "udp" }>) => {
  const socket = await socketAt(localPort, source)
  return new Promise<Answer>((resolve) => {
    const end = (answer: Answer) => {
      clearTimeout(timer)
      socket.off("message", onMessage)
      if (localPort === undefined) socket.close()
      resolve(answer)
    }
    const onMessage = (message: Buffer) => end(message.toString())
    const timer = setTimeout(() => end(null), timeout)
    socket.on("message", onMessage)
    socket.on("error", () => end(null))
    socket.send("hello", port, address, (error) => error !== null && end(null))
  })
}

const answer = (question: Question): Promise<Answer> => {
  if ("serve" in question) {
    return question.serve === "tcp"
      ? serveTcp(question.address, question.port)
      : serveUdp(question.address, question.port)
  }
  return question.ask === "tcp" ? askTcp(question.address, question.port, question.timeout) : askUdp(question)
}

process.on("disconnect", () => process.exit(0))
process.on("message", (question: Question) => {
  void answer(question).then((text) => process.send?.({ id: question.id, text }))
})
process.send?.({ id: 0, text: "ready" })
