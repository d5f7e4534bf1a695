/** Several names in a few words: `vm1`, `vm1 and 63 more`. */
export const severalWords = (names: ReadonlyArray<string>): string =>
  names.length > 1 ? `${names[0]} and ${names.length - 1} more` : (names[0] ?? "nothing")
