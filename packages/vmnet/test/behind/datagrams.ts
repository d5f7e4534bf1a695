import { createSocket } from "node:dgram"

/**
 * `send ADDRESS PORT MS`: datagrams that say when they were sent, several each millisecond, for so long.
 * `receive PORT MS`: takes them for so long. Both print how many there were, and the latest time of sending among them, by
 * the clock that all processes of a machine share.
 */
const [verb, ...words] = process.argv.slice(2)
const lasting = Number(words.at(-1))
const port = Number(words.at(-2))
const socket = createSocket("udp4")
let count = 0
let latest = 0n

const note = (sent: bigint): void => {
  count++
  if (sent > latest) latest = sent
}

// What is cut off may be told so.
socket.on("error", () => {})
if (verb === "receive") {
  socket.on("message", (message) => note(BigInt(message.toString())))
  socket.bind(port)
} else {
  const burst = setInterval(() => {
    for (let more = 0; more < 5; more++) {
      const now = process.hrtime.bigint()
      note(now)
      socket.send(`${now}`, port, words[0], () => {})
    }
  }, 1)
  setTimeout(() => clearInterval(burst), lasting)
}
setTimeout(() => {
  socket.close()
  console.log(JSON.stringify({ count, latest: `${latest}` }))
}, lasting)
