import { execFileSync } from "node:child_process"
import { globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { environment, pnpm, root } from "../../bootstrap/workspace.mjs"

type Versions = Readonly<Record<string, string>>

/** What a published manifest promises. */
export interface Manifest {
  readonly name: string
  readonly description?: string
  readonly license?: string
  readonly type?: string
  readonly sideEffects?: unknown
  readonly engines?: Versions
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies?: Versions
  readonly peerDependencies?: Versions
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

/** A package as `pnpm publish` would upload it, unpacked. */
export interface Packed {
  readonly manifest: Manifest
  /** A node_modules with the package and what it declares, and nothing else. */
  readonly shelf: string
  /** Where it is unpacked. */
  readonly directory: string
  /** Where it is in the repository. */
  readonly source: string
}

const run = (cwd: string, [file, ...args]: readonly [string, ...ReadonlyArray<string>]): void => {
  execFileSync(file, args, { cwd, env: environment(), stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 })
}

const readManifest = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest

/** Several tests may want the same build at once. */
const build = (sources: ReadonlyArray<string>): void => {
  const cache = join(root, "node_modules", ".cache")
  mkdirSync(cache, { recursive: true })
  run(root, ["flock", join(cache, "packed.lock"), "tsc", "-b", ...sources])
}

const pack = (source: string, store: string): Packed => {
  const { name } = readManifest(source)
  const shelf = join(store, basename(source), "node_modules")
  const directory = join(shelf, name)
  mkdirSync(directory, { recursive: true })
  run(source, [pnpm, "pack", "--pack-destination", store])
  const [tarball] = globSync("*.tgz", { cwd: store })
  run(store, ["tar", "-xzf", tarball!, "--strip-components=1", "-C", directory])
  rmSync(join(store, tarball!))
  return { manifest: readManifest(directory), shelf, directory, source }
}

const isOptional = ({ manifest }: Packed, name: string): boolean =>
  manifest.peerDependenciesMeta?.[name]?.optional === true

/** What a package says it needs. */
export const declared = ({ manifest }: Packed): ReadonlyArray<string> =>
  Object.keys({ ...manifest.peerDependencies, ...manifest.dependencies })

const required = (one: Packed): ReadonlyArray<string> => declared(one).filter((name) => !isOptional(one, name))

const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(realpathSync(target), path)
}

/** Puts some of what a package declares beside it: ours as packed, others as the repository has them installed. */
const linkBeside = (one: Packed, all: ReadonlyArray<Packed>, names: ReadonlyArray<string>): void => {
  for (const name of names) {
    const ours = all.find(({ manifest }) => manifest.name === name)
    link(ours?.directory ?? join(one.source, "node_modules", name), join(one.shelf, name))
  }
}

/**
 * Every package of `packages/`, built, packed and unpacked where nothing undeclared can be found, nor what only some of
 * its users have (`addOptionalPeers`). Remove it with `using`.
 */
export const packAll = () => {
  const sources = globSync("packages/*/package.json", { cwd: root }).map((file) => join(root, dirname(file)))
  build(sources)
  const store = mkdtempSync(join(tmpdir(), "vmnet-packed-"))
  const packages = sources.toSorted().map((source) => pack(source, store))
  for (const one of packages) linkBeside(one, packages, required(one))
  /** An empty project that depends on these packages and nothing else. */
  const project = (name: string, dependencies: ReadonlyArray<string>): string => {
    const directory = join(store, "projects", name)
    for (const dependency of dependencies) {
      const found = packages.find(({ manifest }) => manifest.name === dependency)
      link(found?.directory ?? join(root, "node_modules", dependency), join(directory, "node_modules", dependency))
    }
    return directory
  }
  const addOptionalPeers = (one: Packed): void =>
    linkBeside(
      one,
      packages,
      declared(one).filter((name) => isOptional(one, name))
    )
  return { packages, project, addOptionalPeers, [Symbol.dispose]: () => rmSync(store, { recursive: true }) }
}
