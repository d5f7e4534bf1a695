import { type NetworkSpec, Vmnet, type VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import type { Machine } from "./machine.ts"
import { request } from "./request.ts"

const config = (pool: string) =>
  `networks: { fleet: { backend: tap, subnet: 10.9.0.0/24, cooldown: 0, pool: ${pool} } }`
export const on = (vm: string, pool: string, flags = {}) => request(vm, { network: "fleet", ...flags }, config(pool))
export const spec = (pool: string): NetworkSpec => on("any", pool).network

export const words = (error: VmnetError) => [error.code, error.exitCode]

export const poolOf = Effect.fnUntraced(function* (pool: string) {
  const vmnet = yield* Vmnet
  const [network] = yield* vmnet.networks({ config: [spec(pool)], default: [] })
  return network?.pool
})

export const tapsOf = ({ kernel }: Machine): ReadonlyArray<string> => Object.keys(tapsIn(kernel.snapshot())).toSorted()

const tapsIn = (snapshot: ReturnType<Machine["kernel"]["snapshot"]>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...JSON.stringify(snapshot).matchAll(/"link":"(vmt[a-z2-7]{12})"/g)].map((match) => [match[1]!, true])
  )
