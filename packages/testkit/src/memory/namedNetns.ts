import { type AddNetns, type DeleteNetns, type FoundNetns, namedNetns, netnsNamePattern } from "@vmnet/core"
import { setAlias, setUp } from "./links.ts"
import { refuse } from "./Refusal.ts"
import type { World } from "./World.ts"

const pathOf = (name: string): string => `/run/netns/${name}`

const allowed = new RegExp(netnsNamePattern)

const checkName = (name: string): string =>
  allowed.test(name) ? pathOf(name) : refuse("Invalid", `${name}: not a name for a namespace`)

/** The names that `ip netns` knows. */
export const addNetns = (world: World, { name, alias }: AddNetns): void => {
  if (alias === "" || Buffer.byteLength(alias) > 255) refuse("Invalid", "alias too long, or none")
  const namespace = world.addPath(checkName(name))
  setAlias(namespace, "lo", alias)
  setUp(namespace, "lo")
}

export const deleteNetns = (world: World, { name }: DeleteNetns): void => {
  const path = checkName(name)
  if (world.blanks.get(path) === "symlink") refuse("Invalid", `${path} is a symbolic link`)
  world.removePath(path)
}

export const findNetns = (world: World, name: string): FoundNetns | null => {
  if (world.blanks.has(pathOf(name))) return { alias: null }
  if (world.identity(namedNetns(name)) === null) return null
  return { alias: world.resolve(namedNetns(name)).links.get("lo")?.alias ?? "" }
}

export const netnsNames = (world: World): ReadonlyArray<string> =>
  [...world.paths.keys(), ...world.blanks.keys()].flatMap((path) =>
    path.startsWith(pathOf("")) ? [path.slice(pathOf("").length)] : []
  )
