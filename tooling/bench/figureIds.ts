/** How a crowd comes, or goes: by a verb for each in turn, by one for all, or by a verb for each at the same time. */
export type Way = "one after the other" | "together" | "at once"

interface Of {
  readonly kind: "slot" | "tap"
  readonly count: number
}

/** Who measures a figure and who has a target for it call it alike. */
export const upId = ({ count, kind }: Of, way: Way): string => `${kind}s.${count}.up.${way}`

export const downId = ({ count, kind }: Of, way: Way, until: "answered" | "gone"): string =>
  `${kind}s.${count}.down.${way}.${until}`

/** A verb of the command line as a whole process, as a ratio. */
export const startId = (verb: "up" | "down", backend: "netns" | "tap"): string => `vmnet ${verb}, ${backend}`
