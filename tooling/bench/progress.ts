const began = performance.now()

/** How far it is, on standard error: results are on standard output alone. */
export const say = (words: string): void => {
  const seconds = Math.round((performance.now() - began) / 1_000)
  process.stderr.write(`bench ${String(seconds).padStart(4)} s  ${words}\n`)
}
