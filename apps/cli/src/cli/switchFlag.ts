import { Flag } from "effect/cli"

/**
 * A switch: present or not, also twice (an alias may hold it already), and `--name=false`. It never takes the next word,
 * so that a VM may be called `on` or `1`, which a plain boolean flag reads as its own value.
 */
export const switchFlag = (id: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(id).pipe(
    Flag.withOptionalValue("true"),
    Flag.withoutNegation,
    Flag.withDescription(description),
    Flag.between(0, 1000),
    Flag.map((values) => values.at(-1) ?? false)
  )
