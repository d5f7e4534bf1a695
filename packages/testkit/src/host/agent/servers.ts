import type { AgentOperation } from "./protocol.ts"

// Source text of another process: nothing outside of a function's own body may be named in it.

/** Answer every GET with `{ page, path, clientAddress, clientPort, serverAddress }`. Value: the key and the port. */
export const serveHttp: AgentOperation<"serveHttp"> = (request, tools) =>
  new Promise((resolve, reject) => {
    const plain = (address = "") => address.replace(/^::ffff:(?=\d+\.)/, "")
    const server = tools.builtin("node:http").createServer((incoming, response) => {
      const { remoteAddress, remotePort, localAddress } = incoming.socket
      response.setHeader("content-type", "application/json")
      response.setHeader("connection", "close")
      response.end(
        JSON.stringify({
          page: request.page,
          path: incoming.url,
          clientAddress: plain(remoteAddress),
          clientPort: remotePort,
          serverAddress: plain(localAddress)
        })
      )
    })
    server.once("error", reject)
    server.maxConnections = 256
    server.listen({ port: request.port, host: request.address }, () => {
      const close = (done: () => void) => {
        server.close(done)
        server.closeAllConnections()
      }
      const bound = server.address()
      resolve({ key: tools.keep(close), port: bound !== null && typeof bound === "object" ? bound.port : request.port })
    })
  })

/** Answer every datagram with JSON `{ page, message, clientAddress, clientPort }`. Value: the key and the port. */
export const serveUdp: AgentOperation<"serveUdp"> = (request, tools) =>
  new Promise((resolve, reject) => {
    const socket = tools.builtin("node:dgram").createSocket(request.address.includes(":") ? "udp6" : "udp4")
    socket.on("error", reject)
    socket.on("message", (message, from) =>
      socket.send(
        JSON.stringify({
          page: request.page,
          message: message.toString("utf8"),
          clientAddress: from.address,
          clientPort: from.port
        }),
        from.port,
        from.address
      )
    )
    socket.bind({ port: request.port, address: request.address }, () =>
      resolve({ key: tools.keep((done) => socket.close(done)), port: socket.address().port })
    )
  })

/** Answer A questions from a table, and everything else with NXDOMAIN (RFC 1035, section 4.1). Value: key and port. */
export const serveDns: AgentOperation<"serveDns"> = (request, tools) =>
  new Promise((resolve, reject) => {
    const socket = tools.builtin("node:dgram").createSocket("udp4")
    const questionOf = (query: Buffer) => {
      const labels: Array<string> = []
      let at = 12
      for (let length = query[at] ?? 0; length > 0 && length < 64; length = query[at] ?? 0) {
        labels.push(query.toString("latin1", at + 1, at + 1 + length).toLowerCase())
        at += length + 1
      }
      return { host: labels.join("."), type: query.length >= at + 3 ? query.readUInt16BE(at + 1) : 0, end: at + 5 }
    }
    const reply = (query: Buffer) => {
      const { host, type, end } = questionOf(query)
      const known = request.records[host]
      const found = known !== undefined && type === 1
      const header = Buffer.from(query.subarray(0, 12))
      // QR, RD and RA; a known name without such a record is "no error" with no answer, an unknown one is NXDOMAIN.
      header.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2)
      header.writeUInt32BE(found ? 0x00010001 : 0x00010000, 4)
      header.writeUInt32BE(0, 8)
      // Name: a pointer to the question. Type A, class IN, TTL 60 s, four bytes.
      const fixed = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]
      const answer = found ? Buffer.from([...fixed, ...known.split(".").map(Number)]) : Buffer.alloc(0)
      return Buffer.concat([header, query.subarray(12, end), answer])
    }
    socket.on("error", reject)
    socket.on("message", (query, from) => {
      if (query.length >= 17) socket.send(reply(query), from.port, from.address)
    })
    socket.bind({ port: request.port, address: request.address }, () =>
      resolve({ key: tools.keep((done) => socket.close(done)), port: socket.address().port })
    )
  })

export const close: AgentOperation<"close"> = (request, tools) => tools.close(request.key)
