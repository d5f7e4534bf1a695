import { Effect, ManagedRuntime, Result } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { decodeConfig, type Plan, Vmnet as Service } from "../../packages/core/src/index.ts"
import { layerVmnetHost, requestOf } from "../../packages/vmnet/src/effect.ts"
import { type AttachedVm, createVmnet, type EachVm, type Vmnet, VmnetError } from "../../packages/vmnet/src/index.ts"
import { config as text } from "./networks.ts"

/** Ways to the kernel: in this process, or by programs. */
export type Ops = "native" | "exec"

export interface Wanted {
  readonly vm: string
  readonly network: string
  readonly netns?: string
}

/** `vmnet` as a long-lived process has it, on the private host of this process. Those about many are all by calls in it. */
export interface World {
  readonly install: string
  readonly stateDir: string
  /** What went wrong behind answers so far. */
  readonly warnings: ReadonlyArray<string>
  /** Everything from flags and configuration on. */
  readonly up: (ops: Ops, wanted: Wanted) => Promise<AttachedVm>
  /** Until its answer: most of it goes on behind that. */
  readonly down: (ops: Ops, vm: string) => Promise<void>
  /** Until nothing of a VM goes on behind its answer. */
  readonly untilGone: (ops: Ops, vm: string) => Promise<void>
  /** Until nothing goes on behind any answer: a question that takes the longer the more there is on record. */
  readonly untilReleased: () => Promise<void>
  readonly upMany: (wanted: ReadonlyArray<Wanted>) => Promise<void>
  readonly downMany: (vms: ReadonlyArray<string>) => Promise<void>
  readonly plan: (wanted: Wanted) => Promise<Plan>
  readonly warm: (network: string) => Promise<void>
  readonly close: () => Promise<void>
}

const stateDir = "/run/vmnet/bench"

const patience = 60_000

/** Asks until it is so, every millisecond and at what each question costs: it may be over a little before that is known. */
const asking = async (what: string, isOver: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + patience
  while (!(await isOver())) {
    if (performance.now() > deadline) throw new Error(`${what} not gone after ${patience / 1_000} s`)
    await sleep(1)
  }
}

const isGone = async (vmnet: Vmnet, vm: string): Promise<boolean> => {
  try {
    const { attachment, problems } = await vmnet.show(vm)
    if (attachment.state === "failed") throw new Error(`${vm} is not all gone: ${problems.join("; ")}`)
    return false
  } catch (cause) {
    if (cause instanceof VmnetError && cause.code === "VM_NOT_FOUND") return true
    throw cause
  }
}

const isReleased = async (vmnet: Vmnet): Promise<boolean> => {
  const { failed, releasing } = (await vmnet.status()).leases
  if (failed > 0) throw new Error(`${failed} VMs are not all gone`)
  return releasing === 0
}

/** None of them may fail: what then would be measured is something else. */
const requireAll = (answers: ReadonlyArray<EachVm<unknown>>): void => {
  const [failed] = answers.flatMap((answer) => (answer.error === undefined ? [] : [answer]))
  if (failed !== undefined) throw new Error(`${failed.vm}: ${failed.error.message}`)
}

/** Devices of a pool are made ahead by the command line, which the library has no word for. */
const warm = async (network: string): Promise<void> => {
  const runtime = ManagedRuntime.make(layerVmnetHost({ stateDir, ops: "native" }))
  const config = Result.getOrThrow(decodeConfig(text, "bench.yaml"))
  const flags = { vm: "any", network, egress: [], publish: [] }
  const work = Effect.flatMap(Effect.all([Service, requestOf(flags, config)]), ([vmnet, made]) =>
    vmnet.warm(made.network)
  )
  await runtime.runPromise(work)
  await runtime.dispose()
}

/** Both ways share a record, as two programs of one install do. */
export const makeWorld = async (): Promise<World> => {
  const warnings: Array<string> = []
  const onWarning = (message: string) => void warnings.push(message)
  const vmnetBy = (ops: Ops): Vmnet => createVmnet({ config: { text }, stateDir, ops, onWarning })
  const ways = { native: vmnetBy("native"), exec: vmnetBy("exec") }
  const { native } = ways
  return {
    install: (await native.status()).install,
    stateDir,
    warnings,
    up: (ops, wanted) => ways[ops].up(wanted),
    down: async (ops, vm) => void (await ways[ops].down(vm)),
    untilGone: (ops, vm) => asking(`${vm} is`, () => isGone(ways[ops], vm)),
    untilReleased: () => asking("some VMs are", () => isReleased(native)),
    upMany: async (wanted) => requireAll(await native.upMany(wanted)),
    downMany: async (vms) => requireAll(await native.downMany(vms)),
    plan: (wanted) => native.plan(wanted),
    warm,
    close: async () => void (await Promise.all([native.close(), ways.exec.close()]))
  }
}
