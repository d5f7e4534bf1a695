import { execFileSync } from "node:child_process"
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, it } from "vitest"

/** The first example of a README, and what its comments say each `console.log` prints. */
const exampleOf = (readme: string) => {
  const code = /```ts\n([\s\S]*?)```/.exec(readFileSync(readme, "utf8"))?.[1]
  if (code === undefined) return undefined
  const printed = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map((match) => match[1]!)
  return { code, printed }
}

const readmes = globSync("packages/*/README.md").filter((readme) => exampleOf(readme) !== undefined)

it.each(readmes)("the example of %s prints what it says", (readme) => {
  const { code, printed } = exampleOf(readme)!
  const file = join(dirname(readme), `example.${process.pid}.mts`)
  writeFileSync(file, code)
  try {
    const lines = execFileSync(process.execPath, [file], { encoding: "utf8", timeout: 30_000 }).trimEnd().split("\n")
    const cut = (text: string, like: string) => (like.endsWith("...") ? text.slice(0, like.length - 3) + "..." : text)
    // An example that does not say what it prints has to end well, and that is all.
    const said = printed.length === 0 ? [] : lines
    expect(said.map((line, index) => cut(line, printed[index] ?? ""))).toEqual(printed)
  } finally {
    rmSync(file)
  }
})
