import { forwardKey, type HelperKey, Helpers, OpsError } from "@vmnet/core"
import { faultyCalls } from "./faultyCalls.ts"

const error = (action: string, index: number | undefined): OpsError =>
  new OpsError({
    family: "process",
    reason: "Failed",
    action,
    output: "fault injected",
    ...(index === undefined ? {} : { index })
  })

const words = ({ helper, owner }: HelperKey): string => `${helper} of ${owner}`

/** Every call fails as a whole; what was started may run all the same. */
export const faultyHelpers = faultyCalls(Helpers, {
  check: { error, words: (helpers) => helpers.join(" "), steps: () => 0 },
  start: { error, words: (owner, { helper }) => words({ owner, helper }) },
  find: { error, words, steps: () => 0 },
  stop: { error, words },
  forward: { error, words: (key, { _tag, forward }) => `${words(key)}: ${_tag} ${forwardKey(forward)}` },
  forwards: { error, words, steps: () => 0 },
  list: { error, words: (install) => install, steps: () => 0 }
})
