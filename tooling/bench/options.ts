import { parseArgs } from "node:util"
import { type ContestantKey, contestantKeys } from "./Contestant.ts"

/** `slot`, `tap` and `bridge` are attached and detached at every population; the others are about something of their own. */
export const chapters = ["slot", "tap", "bridge", "mass", "start", "traffic"] as const
export type Chapter = (typeof chapters)[number]

export interface Options {
  readonly populations: ReadonlyArray<number>
  readonly samples: number
  readonly only: ReadonlyArray<Chapter>
  readonly contestants: ReadonlyArray<ContestantKey>
  /** How many VMs `mass` takes up and down, and `traffic` has beside its own. */
  readonly crowd: number
  /** How long each flow of `traffic` goes on. */
  readonly seconds: number
  /** For the samples at each population: who is slow takes fewer then. */
  readonly roundSeconds: number
  /** How often `mass` takes all of them up and down. */
  readonly crowds: number
}

export interface Invocation extends Options {
  readonly json: string | undefined
  readonly write: boolean
  readonly profile: string | undefined
}

const flags = {
  populations: { type: "string" },
  samples: { type: "string" },
  only: { type: "string" },
  contestants: { type: "string" },
  crowd: { type: "string" },
  quick: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  json: { type: "string" },
  profile: { type: "string" }
} as const

export const usage = `pnpm bench [--quick] [--only ${chapters.join(",")}] [--contestants ${contestantKeys.join(",")}]
           [--populations 0,100,1000,4000] [--samples N] [--crowd N] [--json FILE] [--write] [--profile DIR]

  --quick     populations 0 and 100, few samples: some minutes; without it about half an hour
  --crowd     how many VMs go up and down together, and are there when traffic is measured again
  --json      the figures, as a file
  --write     plots and figures into tooling/docs/figures
  --profile   a CPU profile of each chapter, in a directory`

const full = { populations: [0, 100, 1_000, 4_000], samples: 25, crowd: 1_000, seconds: 3, roundSeconds: 60, crowds: 3 }
const quick = { populations: [0, 100], samples: 5, crowd: 100, seconds: 1, roundSeconds: 10, crowds: 1 }

const whole = (flag: string, text: string): number => {
  if (!/^\d{1,5}$/.test(text)) throw new Error(`--${flag} ${text}: a whole number is wanted`)
  return Number(text)
}

const oneOf = <A extends string>(flag: string, known: ReadonlyArray<A>, text: string | undefined): ReadonlyArray<A> => {
  const words = text?.split(",") ?? known
  const odd = words.find((word) => !known.some((one) => one === word))
  if (odd !== undefined) throw new Error(`--${flag} ${odd}: there is ${known.join(", ")}`)
  return known.filter((one) => words.includes(one))
}

/** Throws what is wrong with the arguments, in words. */
export const parseOptions = (args: ReadonlyArray<string>): Invocation => {
  const { values } = parseArgs({ args: [...args], options: flags })
  const usual = values.quick ? quick : full
  const number = (flag: "samples" | "crowd", other: number): number => {
    const text = values[flag]
    return text === undefined ? other : whole(flag, text)
  }
  const populations = values.populations?.split(",").map((one) => whole("populations", one)) ?? usual.populations
  return {
    populations: populations.toSorted((one, other) => one - other),
    samples: number("samples", usual.samples),
    only: oneOf("only", chapters, values.only),
    contestants: oneOf("contestants", contestantKeys, values.contestants),
    crowd: number("crowd", usual.crowd),
    seconds: usual.seconds,
    roundSeconds: usual.roundSeconds,
    crowds: usual.crowds,
    json: values.json,
    write: values.write,
    profile: values.profile
  }
}
