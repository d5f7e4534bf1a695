/** What an agent is asked for: one line of JSON each way, matched by `id`. */
export type AgentRequest =
  | { readonly op: "http"; readonly url: string; readonly timeout: number; readonly localAddress?: string }
  | {
      readonly op: "udp"
      readonly address: string
      readonly port: number
      /** Base64. */
      readonly message: string
      readonly timeout: number
      readonly localAddress?: string
    }
  | { readonly op: "serveHttp"; readonly address: string; readonly port: number; readonly page: string }
  | { readonly op: "serveUdp"; readonly address: string; readonly port: number; readonly page: string }
  | {
      readonly op: "serveDns"
      readonly address: string
      readonly port: number
      readonly records: Readonly<Record<string, string>>
    }
  | { readonly op: "close"; readonly key: number }

export interface AgentFailure {
  readonly code: string
  readonly detail: string
}

export type AgentReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: AgentFailure }

/** What the operations get from the agent they run in. */
export interface AgentTools {
  /** `process.getBuiltinModule`: an operation is source text in another process, where imports do not reach. */
  readonly builtin: NodeJS.Process["getBuiltinModule"]
  /** Keep a server until `close` is asked for with the key that this gives. */
  readonly keep: (close: (done: () => void) => void) => number
  readonly close: (key: number) => Promise<void>
}

/** The operation of one kind of request: self-contained, because its text is what travels. */
export type AgentOperation<Op extends AgentRequest["op"]> = (
  request: Extract<AgentRequest, { readonly op: Op }>,
  tools: AgentTools
) => Promise<unknown>

export type AgentOperations = { readonly [Op in AgentRequest["op"]]: AgentOperation<Op> }
