import { close, serveDns, serveHttp, serveUdp } from "./servers.ts"
import { http, udp } from "./clients.ts"
import type { AgentFailure, AgentOperations, AgentReply, AgentRequest, AgentTools } from "./protocol.ts"

/** Marks an agent in the process list: snapshots leave it out, it is the observer and not the observed. */
export const agentMark = "vmnet-testkit-agent"

/**
 * The program of an agent: read requests, answer them in any order, end with the standard input. It ends so even when
 * its parent is killed. Source text of another process, like the operations it is given.
 */
const agentMain = (operations: AgentOperations): void => {
  const servers = new Map<number, (done: () => void) => void>()
  let lastKey = 0
  const tools: AgentTools = {
    builtin: process.getBuiltinModule,
    keep: (closeServer) => {
      lastKey += 1
      servers.set(lastKey, closeServer)
      return lastKey
    },
    close: (key) =>
      new Promise((resolve) => {
        const closeServer = servers.get(key)
        servers.delete(key)
        if (closeServer === undefined) resolve()
        else closeServer(resolve)
      })
  }
  const say = (reply: AgentReply) => process.stdout.write(`${JSON.stringify(reply)}\n`)
  const failureOf = (error: { readonly code?: string; readonly message?: string }): AgentFailure => ({
    code: error.code ?? "",
    detail: error.message ?? String(error)
  })
  const perform = (request: AgentRequest & { readonly id: number }) => {
    const operation = operations[request.op] as (request: AgentRequest, tools: AgentTools) => Promise<unknown>
    operation(request, tools).then(
      (value) => say({ id: request.id, value: value ?? null }),
      (error) => say({ id: request.id, error: failureOf(error) })
    )
  }
  const lines = process.getBuiltinModule("node:readline").createInterface({ input: process.stdin })
  lines.on("line", (line) => perform(JSON.parse(line)))
  lines.on("close", () => process.exit(0))
}

/**
 * The argv of an agent. Its program travels as text and not as a file, so that it also works from within a bundle, where
 * this package is no directory.
 */
export const agentArgv = (): ReadonlyArray<string> => {
  const operations: AgentOperations = { http, udp, serveHttp, serveUdp, serveDns, close }
  const table = Object.entries(operations).map(([name, operation]) => `${JSON.stringify(name)}: ${String(operation)}`)
  const program = `(${String(agentMain)})({ ${table.join(",\n")} })`
  return [process.execPath, "--input-type=commonjs", "--eval", program, agentMark]
}
