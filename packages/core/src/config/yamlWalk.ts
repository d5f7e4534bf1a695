import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from "yaml"
import { quote } from "../names/quote.ts"
import { type Path, pathKey } from "./Path.ts"

/** A problem found at an offset of the text. */
export interface SourceProblem {
  readonly path: Path
  readonly problem: string
  readonly offset: number
}

/** Where an entry is written: its key (or list item) and its value. */
export interface Place {
  readonly key: number
  readonly value: number
}

/** No configuration is nested deeper than this. */
const maxDepth = 16

/** How many values aliases may stand for, all together: a few lines of them could otherwise mean billions. */
const maxAliased = 10_000

/** Tags that say what is so anyway (YAML 1.2, chapter 10). */
const coreTags: ReadonlySet<string> = new Set(
  ["map", "seq", "str", "int", "float", "bool", "null"].map((kind) => `tag:yaml.org,2002:${kind}`)
)

interface Walk {
  readonly places: Map<string, Place>
  readonly problems: Array<SourceProblem>
  readonly anchors: Map<string, Node>
  /** The anchored nodes being walked: one whose alias comes up now contains itself. */
  readonly open: Set<Node>
  /** How many aliases are being followed, one within another. */
  following: number
  aliased: number
  bounded: boolean
}

export interface Walked {
  readonly data: unknown
  readonly places: ReadonlyMap<string, Place>
  readonly problems: ReadonlyArray<SourceProblem>
  /** False when a bound was met: then `data` is only a part. */
  readonly bounded: boolean
}

/** A parsed document as plain data. Keys stay the texts they were written as: `01` is not `1`, `on` is not a boolean. */
export const walkYaml = (root: Node | null): Walked => {
  const places = new Map([[pathKey([]), { key: offsetOf(root), value: offsetOf(root) }]])
  const counts = { following: 0, aliased: 0, bounded: true }
  const walk: Walk = { places, problems: [], anchors: new Map(), open: new Set(), ...counts }
  const data = valueOf(walk, root, [])
  return { data, places, problems: walk.problems, bounded: walk.bounded }
}

const offsetOf = (node: Node | null): number => node?.range?.[0] ?? 0

const refuse = (walk: Walk, path: Path, offset: number, problem: string): null => {
  walk.problems.push({ path, problem, offset })
  return null
}

/** Said once: what comes after a bound is not looked at. */
const exceed = (walk: Walk, path: Path, offset: number, problem: string): null => {
  if (walk.bounded) refuse(walk, path, offset, problem)
  walk.bounded = false
  return null
}

const valueOf = (walk: Walk, node: Node | null, path: Path): unknown => {
  if (node === null || !walk.bounded) return null
  if (isAlias(node)) return aliasedValue(walk, node.source, offsetOf(node), path)
  if (path.length > maxDepth) return exceed(walk, path, offsetOf(node), `nested deeper than ${maxDepth} levels`)
  if (walk.following > 0 && ++walk.aliased > maxAliased) {
    return exceed(walk, path, offsetOf(node), `aliases stand for more than ${maxAliased} values`)
  }
  const { anchor, tag } = node as { readonly anchor?: string; readonly tag?: string }
  if (tag !== undefined && !coreTags.has(tag))
    refuse(walk, path, offsetOf(node), `the tag ${quote(tag)} is not allowed`)
  if (anchor === undefined) return contentOf(walk, node, path)
  walk.anchors.set(anchor, node)
  walk.open.add(node)
  const value = contentOf(walk, node, path)
  walk.open.delete(node)
  return value
}

const contentOf = (walk: Walk, node: Node, path: Path): unknown => {
  if (isMap(node)) return mapValue(walk, node as YAMLMap<Node, Node | null>, path)
  if (isSeq(node)) return node.items.map((item, index) => itemValue(walk, item as Node, [...path, index]))
  return isScalar(node) ? scalarValue(node) : null
}

/** A refused tag (`!!binary`) may have made an object of a scalar. */
const scalarValue = ({ value, source }: Scalar): unknown =>
  typeof value === "object" && value !== null ? source : value

const itemValue = (walk: Walk, item: Node, path: Path): unknown => {
  walk.places.set(pathKey(path), { key: offsetOf(item), value: offsetOf(item) })
  return valueOf(walk, item, path)
}

const aliasedValue = (walk: Walk, anchor: string, offset: number, path: Path): unknown => {
  const target = walk.anchors.get(anchor)
  if (target === undefined) return refuse(walk, path, offset, `there is no anchor ${quote(anchor)} before this`)
  if (walk.open.has(target)) return refuse(walk, path, offset, `the alias ${quote(anchor)} contains itself`)
  walk.following++
  const value = valueOf(walk, target, path)
  walk.following--
  return value
}

const mapValue = (walk: Walk, map: YAMLMap<Node, Node | null>, path: Path): unknown => {
  const entries = new Map<string, unknown>()
  for (const pair of map.items) {
    const key = keyOf(pair)
    const offset = offsetOf(pair.key)
    if (key === undefined) refuse(walk, path, offset, "a key must be a plain word")
    else if (entries.has(key)) refuse(walk, [...path, key], offset, "is there twice")
    else {
      const inner = [...path, key]
      walk.places.set(pathKey(inner), { key: offset, value: pair.value === null ? offset : offsetOf(pair.value) })
      entries.set(key, valueOf(walk, pair.value, inner))
    }
  }
  return Object.fromEntries(entries)
}

const keyOf = ({ key }: Pair<Node, Node | null>): string | undefined => {
  if (!isScalar(key)) return undefined
  return typeof key.value === "string" ? key.value : (key.source ?? undefined)
}
