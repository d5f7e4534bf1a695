import { Effect } from "effect"
import { poolOf } from "../allocator/addressFor.ts"
import { stepError } from "../errors/stepError.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { LinkOps } from "../ops/LinkOps.ts"
import { hostNetns } from "../ops/Netns.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/**
 * Refuses a bridge that is not there or is none (a bond takes ports too), and a network that would give a guest an
 * address the host has on it.
 */
export const checkBridge = Effect.fnUntraced(function* ({ vm, network }: Pick<AttachRequest, "vm" | "network">) {
  const { bridge } = network
  if (bridge === undefined) return
  const links = yield* LinkOps
  const [found] = yield* Effect.mapError(links.find(hostNetns, [bridge]), (error) =>
    stepError(vm, `look at bridge ${bridge}`, error)
  )
  const where = `networks.${network.network}`
  if (found?.type !== "bridge") {
    const what = found === null ? "there is no bridge" : "it is no bridge:"
    return yield* refusal(
      vm,
      `${where}.bridge: ${what} ${bridge}`,
      "See those there are with: ip link show type bridge"
    )
  }
  const pool = poolOf(network)
  const own = found.addresses.map((address) => address.split("/")[0]!)
  const given = own.find((address) => pool.indexOf(address) !== undefined)
  if (given === undefined) return
  return yield* refusal(
    vm,
    `${where}: ${given} is the host's own address on ${bridge}, and could be given to a guest`,
    `Set ${where}.exclude: [${given}], or ${where}.gateway: ${given} if guests leave through the host.`
  )
})

const refusal = (vm: string, what: string, hint: string): VmnetError =>
  new VmnetError({ code: "BAD_INPUT", detail: `${vm}: ${what}`, hint, details: { vm } })
