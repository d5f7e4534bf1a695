import { type Dice, dice } from "../support/dice.ts"

/** A verb as somebody asks for it; all plain data, so that a run can be told, repeated and cut short. */
export type Verb =
  | Up
  | { readonly _tag: "Down" | "Show"; readonly vm: string }
  | { readonly _tag: "Publish" | "Unpublish"; readonly vm: string; readonly port: number }
  | { readonly _tag: "List" }
  | { readonly _tag: "Gc"; readonly dryRun: boolean }
  | { readonly _tag: "Warm" }
  | { readonly _tag: "RemoveNetwork"; readonly network: string }

export interface Up {
  readonly _tag: "Up"
  readonly vm: string
  readonly network: string
  /** The number of a guest address of the network, or of a slot; absent to be given one. */
  readonly place?: number
  readonly publish: ReadonlyArray<number>
  /** The number of the process that the VM belongs to. */
  readonly owner?: number
}

/** What goes wrong with a call of a verb: it fails, or the process dies, before it is applied or after. */
export type Mishap = "fails" | "fails though applied" | "dies" | "dies when applied"

/** What somebody deletes of a VM: its device, all that the firewall has on it, or one entry of that, by number. */
export type Harm = "device" | "rules" | number

/** One thing that happens to the machine. */
export type Operation =
  | Verb
  | { readonly _tag: "Faulty"; readonly verb: Verb; readonly call: number; readonly mishap: Mishap }
  | { readonly _tag: "Advance"; readonly seconds: number }
  | { readonly _tag: "EndOwner"; readonly owner: number }
  | { readonly _tag: "Reboot" }
  | { readonly _tag: "Damage"; readonly vm: string; readonly what: Harm }
  | { readonly _tag: "Decoy"; readonly decoy: number }
  | { readonly _tag: "Bind" | "Unbind"; readonly port: number }
  /** Everybody goes: the machine has to be as it was in the beginning. */
  | { readonly _tag: "Calm" }

export const vms: ReadonlyArray<string> = Array.from({ length: 10 }, (_, index) => `vm${index}`)
export const owners = 3
const ports = 6
const firstPort = 8000

export const networks = ["web", "db", "slots", "taps", "solo", "user"] as const
/** Which network each VM is on, mostly: more of them on some than there is room for. */
const homes = ["web", "slots", "taps", "solo", "db", "taps", "taps", "user", "taps", "solo"] as const
const mishaps: ReadonlyArray<Mishap> = ["fails", "fails though applied", "dies", "dies when applied"]

const anyPort = ({ upTo }: Dice): number => firstPort + upTo(ports)

/** A VM comes up again as it was asked for before in most cases: its settings are those of its name. */
const anyUp = (roll: Dice): Up => {
  const { chance, pick, upTo } = roll
  const number = upTo(vms.length)
  const network = chance(85) ? homes[number]! : pick(networks)
  const place = network !== "user" && chance(20) ? { place: network === "solo" ? 1 : 1 + upTo(3) } : {}
  const owner = number % 3 === 0 ? { owner: number % owners } : {}
  const publish = chance(70) ? [] : [anyPort(roll)]
  return { _tag: "Up", vm: vms[number]!, network, publish, ...place, ...owner }
}

const anyVerb = (roll: Dice): Verb => {
  const { chance, pick, upTo } = roll
  const kind = upTo(100)
  const vm = pick(vms)
  if (kind < 26) return anyUp(roll)
  if (kind < 32) return { _tag: "Down", vm }
  if (kind < 52) return { _tag: "Publish", vm, port: anyPort(roll) }
  if (kind < 72) return { _tag: "Unpublish", vm, port: anyPort(roll) }
  if (kind < 86) return { _tag: "Show", vm }
  if (kind < 94) return { _tag: "List" }
  if (kind < 97) return { _tag: "Gc", dryRun: chance(30) }
  return chance(40) ? { _tag: "Warm" } : { _tag: "RemoveNetwork", network: pick(networks) }
}

const anyOperation = (roll: Dice): Operation => {
  const { pick, upTo } = roll
  const kind = upTo(1000)
  if (kind < 860) return anyVerb(roll)
  if (kind < 940) return { _tag: "Faulty", verb: anyVerb(roll), call: upTo(pick([4, 12, 40])), mishap: pick(mishaps) }
  if (kind < 955) return { _tag: "Advance", seconds: pick([1, 7, 40, 120]) }
  if (kind < 966) return { _tag: "EndOwner", owner: upTo(owners) }
  if (kind < 976) return { _tag: "Damage", vm: pick(vms), what: pick<Harm>(["device", "rules", upTo(4), upTo(8)]) }
  if (kind < 983) return { _tag: "Decoy", decoy: upTo(6) }
  if (kind < 993) return { _tag: pick(["Bind", "Unbind"] as const), port: anyPort(roll) }
  return { _tag: kind < 996 ? "Reboot" : "Calm" }
}

/** What happens in one run; it ends calmly. */
export const operationsOf = (seed: number, count: number): ReadonlyArray<Operation> => {
  const roll = dice(seed)
  return [...Array.from({ length: count - 1 }, () => anyOperation(roll)), { _tag: "Calm" }]
}
