import { readFileSync } from "node:fs"
import { decodeMessages, type Message, types } from "#src/netlink/message.ts"

/**
 * What Linux 6.18 answered, one `recv` per line after the name of the question, sequence numbers and ports blanked: an absent link; the
 * links, addresses, routes and neighbours of a namespace; refusals (an MTU, a name that is taken, a gateway); one neighbour.
 */
const lines = readFileSync(new URL("answers.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")

export const captured: ReadonlyArray<{ readonly name: string; readonly bytes: Uint8Array }> = lines.map((line) => {
  const [name = "", hex = ""] = line.split(" ")
  return { name, bytes: Uint8Array.from(Buffer.from(hex, "hex")) }
})

export const messagesOf = (question: string): ReadonlyArray<Message> =>
  captured
    .filter(({ name }) => name === question)
    .flatMap(({ bytes }) => decodeMessages(bytes))
    .filter(({ type }) => type !== types.done)

export const payloadsOf = (question: string): ReadonlyArray<Uint8Array> =>
  messagesOf(question).map(({ payload }) => payload)
