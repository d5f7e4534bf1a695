import { type Dice, dice } from "../support/dice.ts"
import type { Step } from "./History.ts"
import { crowd } from "./networks.ts"

const firstPort = 7000
const ports = 5

const anyPort = ({ upTo }: Dice): number => firstPort + upTo(ports)

/** A place among the first ones of a network, so that others want it too. */
const anyPlace = ({ chance, upTo }: Dice, network: string): { readonly ip?: string; readonly slot?: number } => {
  if (!chance(30)) return {}
  if (network === "web") return { ip: `10.60.0.${2 + upTo(3)}` }
  if (network === "taps") return { ip: `10.64.0.${2 + upTo(3)}` }
  return network === "slots" ? { slot: 1 + upTo(3) } : {}
}

const anyUp = (roll: Dice, network: string, vm: string): Step => {
  const { chance } = roll
  const publish = network === "user" || !chance(35) ? [] : [anyPort(roll)]
  return { _tag: "Up", vm, network, publish, owned: chance(15), ...anyPlace(roll, network) }
}

/** By weight: what makes and removes is dear, what only asks is cheap. */
const anyStep = (roll: Dice): Step => {
  const { chance, pick, upTo } = roll
  const [network, vms] = chance(4) ? crowd[3]! : crowd[upTo(3)]!
  const vm = pick(vms)
  const kind = upTo(100)
  if (kind < 24) return anyUp(roll, network, vm)
  if (kind < 37) return { _tag: "Down", vm }
  if (kind < 55) return { _tag: "Publish", vm, port: anyPort(roll) }
  if (kind < 69) return { _tag: "Unpublish", vm, port: anyPort(roll) }
  if (kind < 80) return { _tag: "Show", vm }
  if (kind < 89) return { _tag: "List" }
  if (kind < 94) return { _tag: "Gc" }
  return chance(40) ? { _tag: "Warm", network: "taps" } : { _tag: "RemoveNetwork", network }
}

/** What each of so many processes asks for: all of it follows from the seed. */
export const scriptsOf = (seed: number, processes: number, each: number): ReadonlyArray<ReadonlyArray<Step>> => {
  const roll = dice(seed)
  return Array.from({ length: processes }, () => Array.from({ length: each }, () => anyStep(roll)))
}
