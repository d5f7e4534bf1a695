import type { AgentOperation } from "./protocol.ts"

// Source text of another process: nothing outside of a function's own body may be named in it.

/** GET a page. Value: `{ status, body }`. */
export const http: AgentOperation<"http"> = (request, tools) =>
  new Promise((resolve, reject) => {
    const options = {
      agent: false,
      headers: { connection: "close" },
      ...(request.localAddress === undefined ? {} : { localAddress: request.localAddress })
    } as const
    const sent = tools.builtin("node:http").get(request.url, options, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (text: string) => {
        body += text
        if (body.length > 1_048_576) sent.destroy(new Error("the page is larger than 1 MiB"))
      })
      response.on("error", reject)
      response.on("end", () => {
        clearTimeout(timer)
        resolve({ status: response.statusCode, body })
      })
    })
    const tooLate = () =>
      sent.destroy(Object.assign(new Error(`no answer in ${request.timeout} ms`), { code: "ETIMEDOUT" }))
    const timer = setTimeout(tooLate, request.timeout)
    sent.on("error", (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })

/** Send one datagram and wait for one. Value: `{ message, address, port }`, the message in base64. */
export const udp: AgentOperation<"udp"> = (request, tools) =>
  new Promise((resolve, reject) => {
    const type = request.address.includes(":") ? "udp6" : "udp4"
    const socket = tools.builtin("node:dgram").createSocket(type)
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      socket.close()
      settle()
    }
    const tooLate = () => reject(Object.assign(new Error(`no answer in ${request.timeout} ms`), { code: "ETIMEDOUT" }))
    const timer = setTimeout(() => finish(tooLate), request.timeout)
    socket.once("error", (error) => finish(() => reject(error)))
    socket.once("message", (message, from) =>
      finish(() => resolve({ message: message.toString("base64"), address: from.address, port: from.port }))
    )
    socket.bind({ port: 0, ...(request.localAddress === undefined ? {} : { address: request.localAddress }) }, () =>
      // Connected, so that an ICMP "port unreachable" becomes ECONNREFUSED instead of silence.
      socket.connect(request.port, request.address, () =>
        socket.send(new Uint8Array(Buffer.from(request.message, "base64")))
      )
    )
  })
