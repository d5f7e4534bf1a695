import type { Duration } from "effect"
import type { Call } from "./Call.ts"

/**
 * What goes wrong with a call. `applied` is how many of its steps take effect first: 0 is before anything, all of them
 * is "failed though applied".
 *
 * - `Fail`: the call fails. `index` is what the error claims to have failed at, which may have been applied.
 * - `Hang`: the call does not return, and whoever waits for it is interrupted. Where interruption is held off the call
 *   ends normally after that, as a signal that comes while a system call runs.
 * - `Crash`: the process dies here: neither this call nor any later one of the run ever returns.
 * - `Delay`: the call takes longer and is otherwise as it should be.
 */
export type Fault =
  | { readonly _tag: "Fail"; readonly applied: number; readonly index?: number }
  | { readonly _tag: "Hang"; readonly applied: number }
  | { readonly _tag: "Crash"; readonly applied: number }
  | { readonly _tag: "Delay"; readonly duration: Duration.Input }

/** A fault and the call it strikes. */
export interface Injection {
  /** The number of the call, from 1. */
  readonly at: number
  readonly fault: Fault
}

const upTo = (last: number): ReadonlyArray<number> => Array.from({ length: last + 1 }, (_, n) => n)

/** A batch of three fails at its second change in two ways: with that change not applied, and with it applied. */
const failures = (steps: number): ReadonlyArray<Fault> => {
  const whole: ReadonlyArray<Fault> = upTo(Math.min(steps, 1)).map((n) => ({ _tag: "Fail", applied: n * steps }))
  if (steps < 2) return whole
  const honest = upTo(steps - 1).map((n): Fault => ({ _tag: "Fail", applied: n, index: n }))
  const applied = upTo(steps - 1).map((n): Fault => ({ _tag: "Fail", applied: n + 1, index: n }))
  return [...whole, ...honest, ...applied]
}

/** Every way a call can go wrong: failing, hanging and crashing before, between and after each of its steps. */
export const everyFault = ({ steps }: Call): ReadonlyArray<Fault> => [
  ...failures(steps),
  ...upTo(steps).map((applied): Fault => ({ _tag: "Hang", applied })),
  ...upTo(steps).map((applied): Fault => ({ _tag: "Crash", applied }))
]

/** The short list for expensive worlds: before anything, though applied, and half-way with the index of the error. */
export const fewFaults = ({ steps }: Call): ReadonlyArray<Fault> => {
  const half = Math.floor(steps / 2)
  const between: ReadonlyArray<Fault> = steps < 2 ? [] : [{ _tag: "Fail", applied: half, index: half }]
  const after: ReadonlyArray<Fault> = steps === 0 ? [] : [{ _tag: "Fail", applied: steps }]
  return [{ _tag: "Fail", applied: 0 }, ...between, ...after, { _tag: "Hang", applied: steps }]
}

const moment = (applied: number, steps: number): string => {
  if (applied === 0) return "before it is applied"
  return applied === steps ? "though applied" : `with ${applied} of ${steps} changes applied`
}

/** `fails with 2 of 5 changes applied, at index 2`. */
export const describeFault = (fault: Fault, { steps }: Call): string => {
  switch (fault._tag) {
    case "Fail": {
      const index = fault.index === undefined ? "" : `, at index ${fault.index}`
      return `fails ${moment(fault.applied, steps)}${index}`
    }
    case "Hang":
      return `is interrupted ${moment(fault.applied, steps)}`
    case "Crash":
      return `is where the process dies, ${moment(fault.applied, steps)}`
    case "Delay":
      return "is delayed"
  }
}
