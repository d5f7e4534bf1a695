import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { ExchangeReason, PrivateHostError } from "../errors.ts"
import { killGroup, minimalEnvironment } from "../Process.ts"
import { agentArgv } from "./agentMain.ts"
import type { AgentFailure, AgentReply, AgentRequest } from "./protocol.ts"

/** A process inside of one network namespace that makes and answers requests there. */
export interface Agent {
  /** Ask, and wait at most `timeout` milliseconds for the agent itself (not for what it asks others). */
  readonly ask: (request: AgentRequest, timeout?: number) => Effect.Effect<unknown, AgentFailure>
}

type Waiting = Map<number, (effect: Effect.Effect<unknown, AgentFailure>) => void>

const deliver = (waiting: Waiting, reply: AgentReply) => {
  const resume = waiting.get(reply.id)
  waiting.delete(reply.id)
  resume?.("error" in reply ? Effect.fail(reply.error) : Effect.succeed(reply.value))
}

const abandon = (waiting: Waiting, detail: string) => {
  for (const resume of waiting.values()) resume(Effect.fail({ code: "AGENT", detail }))
  waiting.clear()
}

const start = (argv: ReadonlyArray<string>): { readonly child: ChildProcess; readonly agent: Agent } => {
  const [file = "", ...args] = argv
  const child = spawn(file, args, { detached: true, env: minimalEnvironment, stdio: "pipe" })
  const waiting: Waiting = new Map()
  let last = 0
  let complaint = ""
  child.stderr.on("data", (text: Buffer) => {
    complaint = `${complaint}${text.toString("utf8")}`.slice(-2_000)
  })
  child.once("error", (error) => abandon(waiting, error.message))
  child.once("close", (code, signal) => abandon(waiting, `the agent ended (${signal ?? code}) ${complaint.trim()}`))
  child.stdin.on("error", () => {})
  createInterface({ input: child.stdout }).on("line", (line) => deliver(waiting, JSON.parse(line)))
  const ask: Agent["ask"] = (request, timeout = 10_000) =>
    Effect.callback((resume) => {
      if (child.exitCode !== null || child.signalCode !== null) {
        return resume(Effect.fail({ code: "AGENT", detail: `the agent is gone ${complaint.trim()}` }))
      }
      const id = (last += 1)
      const timer = setTimeout(() => {
        waiting.delete(id)
        resume(Effect.fail({ code: "AGENT", detail: `the agent did not answer in ${timeout} ms` }))
      }, timeout)
      waiting.set(id, (effect) => {
        clearTimeout(timer)
        resume(effect)
      })
      child.stdin.write(`${JSON.stringify({ id, ...request })}\n`)
      return Effect.sync(() => {
        clearTimeout(timer)
        waiting.delete(id)
      })
    })
  return { child, agent: { ask } }
}

/** The end of its input ends an agent; if not within a second, it is killed. Waits until it is gone: it holds its netns. */
const end = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    const timer = setTimeout(() => killGroup(child.pid, "SIGKILL"), 1_000)
    child.once("exit", () => {
      clearTimeout(timer)
      resume(Effect.void)
    })
    child.stdin?.end()
  })

/** An agent behind `prefix` (for example `nsenter --net=/run/netns/lan`), until the scope closes. */
export const makeAgent = (prefix: ReadonlyArray<string>): Effect.Effect<Agent, PrivateHostError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => start([...prefix, ...agentArgv()])),
    ({ child }) => end(child)
  ).pipe(Effect.map(({ agent }) => agent))

/** The reason of a failed exchange, from the error code of the system call that failed. */
export const reasonOf = (failure: AgentFailure): ExchangeReason => reasons[failure.code] ?? "other"

const reasons: Readonly<Record<string, ExchangeReason>> = {
  ETIMEDOUT: "timeout",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EACCES: "unreachable",
  EPERM: "unreachable",
  ECONNRESET: "reset",
  EPIPE: "reset"
}
