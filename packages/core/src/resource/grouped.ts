/** Neighbours with the same key, in order: what can go to the kernel in one call. */
export const grouped = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyArray<ReadonlyArray<A>> => {
  const groups: Array<{ key: string; items: Array<A> }> = []
  for (const item of items) {
    const last = groups.at(-1)
    if (last !== undefined && last.key === key(item)) last.items.push(item)
    else groups.push({ key: key(item), items: [item] })
  }
  return groups.map((group) => group.items)
}
