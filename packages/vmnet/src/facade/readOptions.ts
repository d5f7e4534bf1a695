import type { RequestFlags } from "@vmnet/core"
import { opsChoices } from "../host/layerOps.ts"
import type { CallOptions, DownOptions, GcOptions, UpOptions, VmnetOptions, VmsOptions } from "../options.ts"
import { badInput } from "./failure.ts"

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === "string"
const isTexts: Check = (value) => isText(value) || (Array.isArray(value) && value.every(isText))
const isId: Check = (value) => isText(value) || typeof value === "number"
const isObject: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value)
const isFunction: Check = (value) => typeof value === "function"
const isSignal: Check = (value) => value instanceof AbortSignal

const callChecks = { signal: isSignal } satisfies Record<keyof CallOptions, Check>

const isSwitch: Check = (value) => typeof value === "boolean"

const downChecks = { ...callChecks, wait: isSwitch } satisfies Record<keyof DownOptions, Check>

const gcChecks = {
  ...callChecks,
  dryRun: isSwitch,
  forceHeuristic: isSwitch,
  timeout: (value) => typeof value === "number"
} satisfies Record<keyof GcOptions, Check>

const vmsChecks = { ...callChecks, vms: isTexts } satisfies Record<keyof VmsOptions, Check>

const upChecks = {
  ...callChecks,
  vm: isText,
  backend: isText,
  network: isText,
  publish: isTexts,
  egress: isTexts,
  ip: isText,
  mac: isText,
  slot: isId,
  tapOwner: isId,
  netns: isText,
  pid: isId,
  ownerPid: isId
} satisfies Record<keyof UpOptions, Check>

const vmnetChecks = {
  config: (value) => isText(value) || isObject(value),
  stateDir: (value) => isText(value) && value !== "",
  backends: Array.isArray,
  kernel: isObject,
  ops: (value) => opsChoices.some((choice) => choice === value),
  onProgress: isFunction,
  onWarning: isFunction
} satisfies Record<keyof VmnetOptions, Check>

/** Not everybody has a compiler: what is unknown or of another type is refused by name, never ignored. */
const check = (of: string, checks: Readonly<Record<string, Check>>, given: unknown): void => {
  if (!isObject(given)) throw badInput(`${of} wants an object`)
  const problems = Object.entries(given as object).flatMap(([option, value]) => {
    if (!Object.hasOwn(checks, option)) return [`${of} has no option ${JSON.stringify(option)}`]
    return value === undefined || checks[option]!(value) ? [] : [`${of} cannot use what ${option} is`]
  })
  if (problems.length > 0) throw badInput(problems.join("\n"), `It has ${Object.keys(checks).join(", ")}.`)
}

export const checkVmnetOptions = (options: VmnetOptions): void => check("createVmnet", vmnetChecks, options)

export const checkDownOptions = (options: DownOptions): void => check("down", downChecks, options)

export const checkGcOptions = (options: GcOptions): void => check("gc", gcChecks, options)

export const checkVmsOptions = (verb: string, options: VmsOptions): void => check(verb, vmsChecks, options)

export const checkCallOptions = (verb: string, options: CallOptions): void => check(verb, callChecks, options)

const texts = (value: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  typeof value === "string" ? [value] : (value ?? [])

const id = (value: number | string | undefined): string | undefined => (value === undefined ? undefined : `${value}`)

/** The words of `vmnet up`, unread. */
export const flagsOf = (verb: string, options: UpOptions): RequestFlags => {
  check(verb, upChecks, options)
  const { signal: _, vm, publish, egress, slot, tapOwner, pid, ownerPid, ...words } = options
  if (vm === undefined) throw badInput(`${verb} wants a vm`)
  return {
    ...words,
    vm,
    publish: texts(publish),
    egress: texts(egress),
    slot: id(slot),
    tapOwner: id(tapOwner),
    pid: id(pid),
    ownerPid: id(ownerPid)
  }
}

/** The words of `vmnet up` for each of several. */
export const allFlagsOf = (verb: string, vms: ReadonlyArray<UpOptions>): ReadonlyArray<RequestFlags> =>
  requireList(verb, vms).map((options) => {
    if (isObject(options) && Object.hasOwn(options as object, "signal")) {
      throw badInput(`${verb} has one signal for all`, `Give it beside the list: ${verb}(vms, { signal }).`)
    }
    return flagsOf(verb, options as UpOptions)
  })

export const requireList = (verb: string, value: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(value)) throw badInput(`${verb} wants a list`)
  return value
}
