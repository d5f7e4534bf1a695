/** A word out of a row. One that we never write is damage; thrown as what `JSON.parse` throws of a text that is none. */
export const word = <Word extends string>(words: ReadonlyArray<Word>, text: string): Word => {
  const found = words.find((known) => known === text)
  if (found === undefined) throw new SyntaxError(`${JSON.stringify(text)} is none of ${words.join(", ")}`)
  return found
}
