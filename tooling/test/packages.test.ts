import { execFileSync } from "node:child_process"
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { bin } from "../bootstrap/workspace.mjs"
import { declared, packAll, type Packed } from "./packages/packed.ts"

const packed = packAll()
afterAll(() => packed[Symbol.dispose]())

const entriesOf = ({ manifest }: Packed) =>
  Object.entries(manifest.exports).flatMap(([entry, target]) => (typeof target === "string" ? [] : [{ entry, target }]))

const specifierOf = ({ manifest }: Packed, entry: string): string => `${manifest.name}${entry.slice(1)}`

/** Imports it where only the package itself can be found, in a process of its own; how many names it exports. */
const importAlone = (one: Packed, entry: string): number => {
  const code = `console.log(Object.keys(await import(${JSON.stringify(specifierOf(one, entry))})).length)`
  const cwd = packed.project(`${one.manifest.name}${entry}`.replaceAll(/[^a-z]/g, "-"), [one.manifest.name])
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd, encoding: "utf8" }))
}

/** The packages that code or types of a package name. */
const namedIn = ({ directory }: Packed): ReadonlyArray<string> => {
  const files = globSync("dist/**/*.{js,d.ts}", { cwd: directory })
  const specifiers = files.flatMap((file) => {
    const text = readFileSync(join(directory, file), "utf8")
    return [...text.matchAll(/^(?:import|export)\b[^"'`]*?from "([^".][^"]*)"|\bimport\("([^".][^"]*)"\)/gm)].map(
      ([, from, call]) => (from ?? call)!
    )
  })
  const packages = specifiers
    .filter((specifier) => !specifier.startsWith("node:"))
    .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0])
  return [...new Set(packages)].toSorted()
}

describe.each(packed.packages.map((one) => [one.manifest.name, one] as const))("%s as it is published", (_, one) => {
  it("is imported alone, with nothing to be found but what it declares", () => {
    expect(importAlone(one, ".")).toBeGreaterThan(0)
    packed.addOptionalPeers(one)
    for (const { entry } of entriesOf(one).filter(({ entry }) => entry !== ".")) {
      expect(importAlone(one, entry)).toBeGreaterThan(0)
    }
  })

  it("names no package that it does not declare, in its types neither", () => {
    const allowed = declared(one)
    expect(namedIn(one).filter((name) => !allowed.includes(name) && name !== one.manifest.name)).toEqual([])
    expect(namedIn(one)).toContain(one.manifest.name === "@vmnet/core" ? "effect" : "@vmnet/core")
  })

  it("declares what a registry and a bundler want to know", () => {
    const { manifest, directory } = one
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\w/),
      license: "Apache-2.0",
      type: "module",
      sideEffects: false,
      engines: { node: ">=26" }
    })
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:/)
    const files = entriesOf(one).flatMap(({ target }) => [target.types, target.default])
    const missing = [...files, "README.md", "LICENSE"].filter((file) => !existsSync(join(directory, file)))
    expect(missing).toEqual([])
    expect(globSync("**/{test,*.tsbuildinfo,node_modules}", { cwd: directory })).toEqual([])
  })
})

it("the types of the packages are there for a strict compiler, and those of vmnet without Effect", () => {
  const entries = packed.packages.flatMap((one) => entriesOf(one).map(({ entry }) => specifierOf(one, entry)))
  const cwd = packed.project("types", [...packed.packages.map(({ manifest }) => manifest.name), "typescript"])
  const code = [
    ...entries.map((specifier, index) => `import * as m${index} from "${specifier}"`),
    `import { createVmnet, VmnetError, type AttachedVm } from "vmnet"`,
    `export const all: ReadonlyArray<object> = [${entries.map((_, index) => `m${index}`).join(", ")}]`,
    `await using vmnet = createVmnet({ config: {} })`,
    `const vm: AttachedVm = await vmnet.up({ vm: "api", publish: ["8080:80"] })`,
    `export const address: string = vm.guest.address`,
    `// @ts-expect-error: there is no such option`,
    `await vmnet.up({ vm: "api", pulbish: "8080:80" })`,
    `// @ts-expect-error: the address is a text and not anything`,
    `export const wrong: number = vm.guest.address`,
    `export const codeOf = (error: unknown) => (error instanceof VmnetError ? error.code : undefined)`
  ]
  writeFileSync(join(cwd, "main.mts"), code.join("\n"))
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "esnext"]
  const compile = () => execFileSync(bin("tsc"), [...options, "--types", "", "main.mts"], { cwd, encoding: "utf8" })
  expect(compile()).toBe("")
})
