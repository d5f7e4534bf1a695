/** Numbers from a seed, the same on every machine (mulberry32). */
export interface Dice {
  /** In [0, 1). */
  readonly roll: () => number
  /** A whole number from 0 to `count` - 1. */
  readonly upTo: (count: number) => number
  readonly pick: <A>(from: ReadonlyArray<A>) => A
  /** True in so many of a hundred cases. */
  readonly chance: (percent: number) => boolean
}

export const dice = (seed: number): Dice => {
  let state = seed
  const roll = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const upTo = (count: number): number => Math.floor(roll() * count)
  return { roll, upTo, pick: (from) => from[upTo(from.length)]!, chance: (percent) => upTo(100) < percent }
}

/** The seed of a run: the same each time, unless `VMNET_SEED` says which one is to be seen. */
export const seedOf = (usual: number): number => Number(process.env["VMNET_SEED"] ?? usual)
