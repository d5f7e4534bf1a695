/** The entry of a name a person chose; `constructor` is such a name. */
export const entry = <A>(entries: Readonly<Record<string, A>>, key: string): A | undefined =>
  Object.hasOwn(entries, key) ? entries[key] : undefined
