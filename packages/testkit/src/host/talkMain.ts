import type { Socket } from "node:net"
import { agentMark } from "./agent/agentMain.ts"

/**
 * The program of one end of a connection that stays open. Arguments: `connect|listen tcp|udp ADDRESS PORT [LOCALPORT]`. A
 * line of standard input is sent to the other end (a listener's: to who spoke last); every line that arrives is printed
 * as `got TEXT`. Its first line is `open`; `closed` when a TCP connection has ended. Source text of another process:
 * nothing outside of it may be named in it.
 */
const talkMain = (): void => {
  const { createInterface } = process.getBuiltinModule("node:readline")
  const { connect, createServer } = process.getBuiltinModule("node:net")
  const [mode, protocol, address = "", port = "0", localPort] = process.argv.slice(2)
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  const onInput = (send: (line: string) => void): void =>
    void createInterface({ input: process.stdin })
      .on("line", send)
      .on("close", () => process.exit(0))
  const attach = (socket: Socket): void => {
    socket.setNoDelay(true)
    // It passes the socket's errors on, which the socket tells already.
    createInterface({ input: socket })
      .on("line", (line) => say(`got ${line}`))
      .on("error", () => {})
    socket.on("error", (error) => say(`failed ${error.message}`)).on("close", () => say("closed"))
  }
  const connectTcp = (): void => {
    const local = localPort === undefined ? {} : { localPort: Number(localPort) }
    const socket = connect({ host: address, port: Number(port), ...local }, () => say("open"))
    attach(socket)
    onInput((line) => socket.write(`${line}\r\n`))
  }
  const listenTcp = (): void => {
    let last: Socket | undefined
    const server = createServer((socket) => {
      last = socket
      attach(socket)
    })
    server.listen(Number(port), address, () => say("open"))
    onInput((line) => last?.write(`${line}\r\n`))
  }
  const talkUdp = (): void => {
    const socket = process.getBuiltinModule("node:dgram").createSocket("udp4")
    let peer = mode === "connect" ? { address, port: Number(port) } : undefined
    socket.on("error", (error) => say(`failed ${error.message}`))
    socket.on("message", (message, from) => {
      peer = from
      // What is not text is shown as such: one line for each datagram.
      say(`got ${message.toString("latin1").replaceAll(/[^ -~]/g, ".")}`)
    })
    const own = mode === "connect" ? { port: Number(localPort ?? 0) } : { port: Number(port), address }
    socket.bind(own, () => say("open"))
    onInput((line) => {
      if (peer !== undefined) socket.send(line, peer.port, peer.address)
    })
  }
  if (protocol === "udp") talkUdp()
  else if (mode === "connect") connectTcp()
  else listenTcp()
}

/** The argv of one end; it travels as text, as agents do, and snapshots leave it out as they leave agents out. */
export const talkArgv = (words: ReadonlyArray<string>): ReadonlyArray<string> => [
  process.execPath,
  "--input-type=commonjs",
  "--eval",
  `(${String(talkMain)})()`,
  agentMark,
  ...words
]
