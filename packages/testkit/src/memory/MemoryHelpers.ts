import {
  type ForwardChange,
  forwardKey,
  type HelperKey,
  Helpers,
  type HelperSpec,
  parseOwner,
  singlePorts
} from "@vmnet/core"
import { makeNamespace } from "./Namespace.ts"
import { operation, refuse } from "./Refusal.ts"
import { boundPort } from "./boundPort.ts"
import { helperId, type HelperState } from "./HelperState.ts"
import type { World } from "./World.ts"

const attemptOf = (verb: string, { helper, owner }: HelperKey) =>
  ({ family: "process", action: `${verb} ${helper} of ${owner}` }) as const

/** Ended processes stay in the table, as the files of a real helper do. */
const running = (world: World, key: HelperKey): HelperState | undefined => {
  const state = world.helpers.get(helperId(key))
  return state !== undefined && world.processes.alive(state.process) ? state : undefined
}

const start = (world: World, owner: string, spec: HelperSpec) => {
  const key: HelperKey = { owner, helper: spec.helper }
  if (world.helpers.has(helperId(key))) refuse("Exists", `${spec.helper} was started before`)
  if (spec.helper === "namespace") {
    const process = world.processes.start(makeNamespace(world.host))
    world.helpers.set(helperId(key), { spec, process, forwards: [] })
    return process
  }
  const holder = running(world, { owner, helper: "namespace" }) ?? refuse("Missing", "nothing holds its namespace")
  const { links } = world.resolve({ _tag: "Process", ...holder.process })
  if (!links.has(spec.link)) refuse("Missing", `there is no ${spec.link}`)
  const process = world.processes.start(world.host)
  const state: HelperState = { spec, process, forwards: spec.helper === "pasta" ? spec.forwards : [] }
  world.helpers.set(helperId(key), state)
  return process
}

const stop = (world: World, key: HelperKey): void => {
  const state = world.helpers.get(helperId(key)) ?? refuse("Missing", "it is not there")
  if (world.processes.alive(state.process)) world.endProcess(state.process.pid)
  world.helpers.delete(helperId(key))
}

const forward = (world: World, key: HelperKey, { _tag, forward }: ForwardChange): void => {
  if (key.helper !== "slirp4netns") refuse("Unsupported", "only slirp4netns can, while it runs")
  const state = running(world, key) ?? refuse("Missing", `${key.helper} is not running`)
  const ports = singlePorts(forward)
  const known = new Set(state.forwards.map(forwardKey))
  if (_tag === "AddForward") {
    const taken = ports.find((port) => boundPort(world, port))
    if (taken !== undefined) refuse("Exists", `${forwardKey(taken)} is in use`)
    state.forwards = [...state.forwards, ...ports]
    return
  }
  if (!ports.some((port) => known.has(forwardKey(port)))) refuse("Missing", "it is not forwarded")
  const keys = new Set(ports.map(forwardKey))
  state.forwards = state.forwards.filter((port) => !keys.has(forwardKey(port)))
}

/** `Helpers` over the in-memory world: processes that do nothing but be there, and hold ports. */
export const memoryHelpers = (world: World): Helpers["Service"] =>
  Helpers.of({
    check: () =>
      operation({ family: "process", action: "look for what a user-mode network needs" }, () => {
        if (world.missingHelper !== null) refuse("ToolMissing", `${world.missingHelper} is not installed`)
      }),
    start: (owner, spec) =>
      operation(attemptOf("start", { owner, helper: spec.helper }), () => start(world, owner, spec)),
    find: (key) =>
      operation(attemptOf("find", key), () => {
        if (!world.helpers.has(helperId(key))) return { _tag: "Absent" } as const
        const state = running(world, key)
        return state === undefined
          ? ({ _tag: "Ended", reason: `${key.helper} has ended` } as const)
          : ({ _tag: "Running", process: state.process } as const)
      }),
    stop: (key) => operation(attemptOf("stop", key), () => stop(world, key)),
    forward: (key, change) => operation(attemptOf("change the ports of", key), () => forward(world, key, change)),
    list: (install) =>
      operation({ family: "process", action: "list helpers" }, () =>
        [...world.helpers].flatMap(([id, { spec }]) => {
          const owner = id.slice(0, -spec.helper.length - 1)
          return parseOwner(owner)?.install === install ? [{ owner, helper: spec.helper }] : []
        })
      ),
    forwards: (key) => operation(attemptOf("list the ports of", key), () => running(world, key)?.forwards ?? [])
  })
