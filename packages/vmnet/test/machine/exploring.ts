import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { seedOf } from "../support/dice.ts"
import { explore, type Failure, shrink } from "./explore.ts"
import { operationsOf } from "./Operation.ts"

const describe = (seed: number, file: string, { complaints, operations }: Failure): string =>
  [
    `seed ${seed}: ${complaints.join("; ")}`,
    ...operations.map((operation) => `  ${JSON.stringify(operation)}`),
    `again: VMNET_SEED=${seed} vitest run --project unit ${file}`
  ].join("\n")

/** One run for each seed, each a machine of its own. */
const exploring = Effect.fnUntraced(function* (file: string, first: number, runs: number, length: number) {
  const only = process.env["VMNET_SEED"] === undefined ? undefined : seedOf(first)
  const seeds = only === undefined ? Array.from({ length: runs }, (_, index) => first + index) : [only]
  const tally = new Map<string, number>()
  for (const seed of seeds) {
    const explored = yield* explore(operationsOf(seed, length))
    if (explored.failure !== undefined) assert.fail(describe(seed, file, yield* shrink(explored.failure)))
    for (const [key, count] of explored.tally) tally.set(key, (tally.get(key) ?? 0) + count)
  }
  return tally
})

const [runs, length] = [80, 640]

/** Answers that the operations are worth nothing without. */
const essential = [
  ["Up", ["made", "existing", "VM_CONFLICT", "PORT_IN_USE", "ADDRESS_IN_USE", "ADDRESS_EXHAUSTED", "POOL_EXHAUSTED"]],
  ["Up", ["NAME_TAKEN", "after a mishap"]],
  ["Down", ["removed", "absent", "after a mishap"]],
  ["Publish", ["changed", "PORT_IN_USE", "VM_CONFLICT", "after a mishap"]],
  ["Unpublish", ["changed", "PUBLISH_NOT_FOUND", "after a mishap"]],
  ["RemoveNetwork", ["removed", "NETWORK_IN_USE"]],
  ["Gc", ["did", "would", "after a mishap"]],
  ["Warm", ["warmed", "after a mishap"]]
] as const

const essentialKeys = essential.flatMap(([verb, answers]) => answers.map((answer) => `${verb} ${answer}`))

/** More than 50 000 operations on machines in memory: verbs, mishaps, deaths, reboots, damage, others. */
export const anyLife = (file: string, first: number): void =>
  it.effect(
    "every answer is the one it has to be, what is up is whole, and in the end nothing is left",
    () =>
      Effect.gen(function* () {
        const tally = yield* exploring(file, first, runs, length)
        if (process.env["VMNET_SEED"] !== undefined) return
        assert.includeMembers([...tally.keys()], essentialKeys)
        assert.isAbove(runs * length, 50_000)
      }),
    600_000
  )
