// A UDP peer that does not go away: `ADDRESS PORT`. Prints `open`, then `got TEXT` for each datagram; a line of standard
// input is sent to whoever spoke last.
import { createSocket } from "node:dgram"
import { createInterface } from "node:readline"

const [address = "", port = "0"] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const socket = createSocket("udp4")
let peer: { readonly address: string; readonly port: number } | undefined
socket.on("message", (message, from) => {
  peer = from
  say(`got ${message.toString("utf8").trim()}`)
})
socket.bind(Number(port), address, () => say("open"))
createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (peer !== undefined) socket.send(line, peer.port, peer.address)
  })
  .on("close", () => process.exit(0))
