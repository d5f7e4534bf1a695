import { describeEvent, type History } from "./History.ts"
import { heldTwice, type Sizes, unfounded } from "./holdings.ts"
import { linearize } from "./linearize.ts"
import { absent, applyTo, eventsOf } from "./vmModel.ts"

const ofVms = ["VM_CONFLICT", "VM_NOT_FOUND", "BUSY"]

/** The answers each verb has; everything else is a failure of ours. */
const words: Readonly<Record<string, ReadonlyArray<string>>> = {
  Up: [
    "made",
    "existing",
    "VM_CONFLICT",
    "BUSY",
    "PORT_IN_USE",
    "ADDRESS_IN_USE",
    "ADDRESS_EXHAUSTED",
    "POOL_EXHAUSTED"
  ],
  Down: ["removed", "absent", "BUSY"],
  Show: ["shown", "VM_NOT_FOUND"],
  Publish: ["changed", "PORT_IN_USE", ...ofVms],
  Unpublish: ["changed", "PUBLISH_NOT_FOUND", ...ofVms],
  List: ["listed"],
  Gc: ["collected"],
  Warm: ["warmed"],
  RemoveNetwork: ["removed", "absent", "NETWORK_IN_USE", "BUSY"]
}

const unheardOf = ({ events }: History): ReadonlyArray<string> =>
  events.flatMap((event) => {
    const { outcome, step } = event
    return outcome === null || words[step._tag]!.includes(outcome.word) ? [] : [`unheard of: ${describeEvent(event)}`]
  })

/** How much of a history is shown around the place where it cannot be explained any more. */
const shown = 12

const unexplained = (history: History, vm: string): ReadonlyArray<string> => {
  const operations = eventsOf(history, vm)
  const { longest, possible } = linearize(
    operations,
    absent,
    applyTo(history.kills),
    ({ clears, event }) => clears !== true && event.outcome !== null
  )
  if (possible) return []
  const rest = operations.filter((one) => !longest.includes(one)).toSorted((a, b) => a.start - b.start)
  const lines = (some: typeof operations) => some.map(({ event }) => `    ${describeEvent(event)}`)
  return [
    [
      `${vm}: no order of its operations explains their answers. It goes well up to`,
      ...lines(longest.slice(-shown)),
      "  and then none of these can be the next:",
      ...lines(rest.slice(0, shown))
    ].join("\n")
  ]
}

/** All that is wrong with a history; nothing when one thing after the other could have been so. */
export const checkHistory = (history: History, sizes: Sizes): ReadonlyArray<string> => {
  const vms = new Set(history.events.flatMap(({ step }) => ("vm" in step ? [step.vm] : [])))
  return [
    ...unheardOf(history),
    ...[...vms].flatMap((vm) => unexplained(history, vm)),
    ...heldTwice(history).map((line) => `held twice: ${line}`),
    ...unfounded(history, sizes).map((line) => `without a reason: ${line}`)
  ]
}
