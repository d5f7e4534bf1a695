import type { Difference, Drift } from "../../resource/Driver.ts"

export const differenceWords = ({ expected, found, what }: Difference): string =>
  found === "" ? `has no ${what}, not ${expected}` : `${what} is ${found}, not ${expected}`

/** What is the matter with an object, in one line. */
export const driftWords = (drift: Drift): string => {
  switch (drift._tag) {
    case "Missing":
      return drift.remains === undefined ? "is missing" : `is missing (${drift.remains})`
    case "Altered":
      return `is not as planned: ${drift.differences.map(differenceWords).join(", ")}`
    case "Foreign":
      return `is somebody else's: ${drift.by}`
  }
}
