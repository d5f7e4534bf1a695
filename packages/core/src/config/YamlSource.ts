import { type Document, LineCounter, parseAllDocuments, type YAMLError } from "yaml"
import { type Path, pathKey } from "./Path.ts"
import { type SourceProblem, walkYaml } from "./yamlWalk.ts"

/** The largest file read: room for some ten thousand VMs. */
export const maxConfigBytes = 1024 * 1024

/** A YAML text as plain data, with the place where each part of it is written. */
export interface YamlSource {
  readonly data: unknown
  readonly problems: ReadonlyArray<SourceProblem>
  /** Where a value, or the key it stands under, is written; the nearest enclosing part where it is not written at all. */
  readonly offsetOf: (path: Path, part: "key" | "value") => number
  readonly position: (offset: number) => { readonly line: number; readonly column: number }
}

/**
 * YAML 1.2 core, of which JSON is a part: no custom tags, one document, bounded in size, depth and alias expansion.
 * A text that does not parse has problems and no data.
 */
export const readYaml = (text: string): YamlSource => {
  const lines = new LineCounter()
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const refuse = (problems: ReadonlyArray<SourceProblem>): YamlSource => ({
    data: undefined,
    problems,
    offsetOf: () => 0,
    position
  })
  if (new TextEncoder().encode(text).length > maxConfigBytes) {
    return refuse([{ path: [], problem: `the file is larger than ${maxConfigBytes} bytes`, offset: 0 }])
  }
  const documents: ReadonlyArray<Document.Parsed> = parseAllDocuments(text, { lineCounter: lines, ...options })
  const [document, second] = documents
  if (document === undefined) return { ...refuse([]), data: null }
  // The parser recurses with the text's nesting; it notices when the stack ends, and what it says next is noise.
  const exhausted = document.errors.find((error) => error.code === "RESOURCE_EXHAUSTION")
  if (exhausted !== undefined) return refuse([{ ...toProblem(exhausted), problem: "nested too deeply" }])
  if (document.errors.length > 0) return refuse(document.errors.map(toProblem))
  if (second !== undefined) return refuse([severalDocuments(second)])
  const { data, places, problems, bounded } = walkYaml(document.contents)
  if (!bounded) return refuse(problems)
  const offsetOf = (path: Path, part: "key" | "value"): number => {
    const place = places.get(pathKey(path))
    if (place === undefined) return path.length === 0 ? 0 : offsetOf(path.slice(0, -1), "key")
    return part === "key" ? place.key : place.value
  }
  return { data, problems, offsetOf, position }
}

const options = {
  version: "1.2",
  schema: "core",
  merge: false,
  prettyErrors: false,
  logLevel: "silent",
  // Found in `walkYaml`, whose cost does not grow with the square of the keys.
  uniqueKeys: false
} as const

const toProblem = (error: YAMLError): SourceProblem => ({ path: [], problem: error.message, offset: error.pos[0] })

const severalDocuments = (second: Document.Parsed): SourceProblem => ({
  path: [],
  problem: "the file must be one YAML document",
  offset: second.range[0]
})
