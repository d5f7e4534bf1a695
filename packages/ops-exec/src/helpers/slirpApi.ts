import { Schema } from "effect"
import { closeSync, constants, openSync } from "node:fs"
import { connect } from "node:net"
import { type Place, socketName } from "./place.ts"

/** An answer of slirp4netns' API (its README, "Filtering connections"/"API socket"): one JSON object per connection. */
const Answer = Schema.fromJsonString(
  Schema.Struct({
    return: Schema.optionalKey(Schema.Unknown),
    error: Schema.optionalKey(Schema.Struct({ desc: Schema.String })),
    entries: Schema.optionalKey(
      Schema.Array(
        Schema.Struct({
          id: Schema.Int,
          proto: Schema.Literals(["tcp", "udp"]),
          host_addr: Schema.String,
          host_port: Schema.Int,
          guest_addr: Schema.String,
          guest_port: Schema.Int
        })
      )
    )
  })
)
export type Answer = typeof Answer.Type

const patience = 5_000
const maxAnswer = 1024 * 1024

const exchange = (path: string, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ path })
    let answer = ""
    socket.setTimeout(patience, () => socket.destroy(new Error(`slirp4netns gave no answer within ${patience} ms`)))
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text
      if (answer.length > maxAnswer) socket.destroy(new Error("slirp4netns answered without end"))
    })
    socket.once("error", reject)
    socket.once("end", () => resolve(answer))
    socket.end(request)
  })

/** One request. The socket is reached through its directory's descriptor: its own path may be too long for an address. */
export const askSlirp = async ({ directory }: Place, request: object): Promise<Answer> => {
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const text = await exchange(`/proc/self/fd/${descriptor}/${socketName}`, JSON.stringify(request))
    return Schema.decodeUnknownSync(Answer)(text)
  } finally {
    closeSync(descriptor)
  }
}
