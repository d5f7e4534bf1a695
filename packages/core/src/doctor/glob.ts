/**
 * Whether a shell pattern covers every name that begins with `prefix`, as far as that can be told: literal text or `?` for
 * each character of a part of the prefix, and then `*`.
 */
export const globCovers = (pattern: string, prefix: string): boolean => {
  const match = /^([^*[\]\\]*)\*+$/.exec(pattern)
  if (match === null) return false
  const head = match[1]!
  return (
    head.length <= prefix.length && [...head].every((character, at) => character === "?" || character === prefix[at])
  )
}
