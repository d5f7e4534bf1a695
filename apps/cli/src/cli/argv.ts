/** The words before `--`: what comes after belongs to the command of `vmnet exec`. */
const ours = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = argv.indexOf("--")
  return end === -1 ? argv : argv.slice(0, end)
}

/** `-p8080:80` and `-ojson` as people write them: the lexer takes `-abc` for three switches, so the value goes apart. */
export const separateShortValues = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const head = ours(argv).flatMap((word) => (/^-[po][^=]/.test(word) ? [word.slice(0, 2), word.slice(2)] : [word]))
  return [...head, ...argv.slice(ours(argv).length)]
}

/** How failures are told. Read from the words themselves, because the words may be what cannot be parsed. */
export interface Tone {
  readonly json: boolean
  readonly verbose: boolean
}

export const toneOf = (argv: ReadonlyArray<string>): Tone => {
  const words = ours(argv)
  const output = words.findIndex((word) => word === "-o" || word === "--output")
  return {
    json:
      words.some((word) => word === "--json" || word === "--json=true" || /^(-o|--output)=json$/.test(word)) ||
      (output !== -1 && words[output + 1] === "json"),
    verbose: words.some((word) => word === "-v" || word === "--verbose" || word === "--verbose=true")
  }
}
