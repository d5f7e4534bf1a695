import {
  Backends,
  type AttachRequest,
  type EachVm,
  layerLedgerSqlite,
  layerVmnet,
  LinkOps,
  OpsError,
  Vmnet,
  type VmnetError
} from "@vmnet/core"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Effect, Layer, Result } from "effect"
import { builtinBackends } from "../../src/host/builtinBackends.ts"
import { type Asked, type Install, layerInstall, request, type World, world } from "../support/world.ts"

export const kinds = ["bridge", "netns", "tap", "slirp"] as const

/** `vm1`, `vm2`, ... with one port each, if `ports` says from which on. */
export const fleet = (count: number, asked: Asked = {}, ports?: number): ReadonlyArray<AttachRequest> =>
  Array.from({ length: count }, (_, index) => {
    const publish = ports === undefined ? [] : [`${ports + index}:80`]
    return request(`vm${index + 1}`, { publish, ...asked })
  })

export const names = (requests: ReadonlyArray<AttachRequest>): ReadonlyArray<string> => requests.map(({ vm }) => vm)

export const outcome = ({ result }: EachVm<unknown>): string =>
  Result.isSuccess(result) ? "ok" : (result.failure as VmnetError).code

/** Processes have other pids when they are started in another order: namespaces of theirs are called by the device in them. */
export const withoutPids = <A>(value: A): A => JSON.parse(masked(JSON.stringify(value, named)))

const masked = (text: string): string =>
  text
    .replaceAll(/\/proc\/\d+\//g, "/proc/PID/")
    .replaceAll(/"(pid|startTime)":"?\d+"?/g, '"$1":0')
    .replaceAll(/pid \d+\/\d+/g, "pid")

const named = (_: string, value: unknown): unknown =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .map(([key, part]) => [/^pid \d/.test(key) ? `holder of ${deviceIn(part)}` : key, part] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
      )

const deviceIn = (part: unknown): string => /vmt[a-z2-7]{12}/.exec(JSON.stringify(part))?.[0] ?? "none"

/** What there is, in the kernel and on record. */
export const picture = ({ kernel }: World) =>
  Effect.map(leaseRows, (rows) => ({ kernel: withoutPids(kernel.snapshot() as unknown), rows: rows as unknown }))

export type Picture = Effect.Success<ReturnType<typeof picture>>

export const assertPicture = (world: World, expected: Picture, words: string) =>
  Effect.map(picture(world), (now) => {
    assertSame(now.kernel, expected.kernel, `${words}: kernel`)
    assertSame(now.rows, expected.rows, `${words}: ledger`)
  })

/** Work on a machine of its own with all backends. */
export const onWorld = <A, E>(work: (world: World) => Effect.Effect<A, E, Install>) =>
  Effect.scoped(Effect.flatMap(world, (made) => Effect.provide(work(made), layerInstall(made))))

export const ups = (requests: ReadonlyArray<AttachRequest>) => Vmnet.use((vmnet) => vmnet.upMany(requests))
export const downs = (vms: ReadonlyArray<string>) => Vmnet.use((vmnet) => vmnet.downMany(vms))

/** The machine when one link of it cannot be deleted. */
export const layerStuck = (world: World, link: string) => {
  const stuck = Layer.effect(
    LinkOps,
    Effect.map(LinkOps, (ops) => ({
      ...ops,
      apply: (netns, changes) =>
        changes.some((change) => change._tag === "DeleteLink" && change.link === link)
          ? new OpsError({ family: "link", reason: "Failed", action: `delete ${link}`, output: "stuck" })
          : ops.apply(netns, changes)
    }))
  )
  return layerVmnet.pipe(
    Layer.provide(layerLedgerSqlite({ stateDir: `${world.directory}/0123abcd`, install: "0123abcd" })),
    Layer.provide(Backends.layerOf(builtinBackends)),
    Layer.provide(stuck),
    Layer.provide(world.kernel.layer),
    Layer.orDie
  )
}
