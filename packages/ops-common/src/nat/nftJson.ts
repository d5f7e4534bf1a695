import type { OpsError } from "@vmnet/core"
import { Effect, Option, Schema } from "effect"
import type { Attempt } from "../errors/opsErrors.ts"
import { readJson } from "../text/readJson.ts"
import { type FoundElement, isMap, isSetName, type SetName, specOf } from "./sets.ts"

/** One object of nft's JSON (libnftables-json(5)): `kind` is `table`, `chain`, `set`, `map`, `rule`, ... */
export interface NftObject {
  readonly kind: string
  readonly body: Readonly<Record<string, unknown>>
}

const Body = Schema.Record(Schema.String, Schema.Unknown)
const Output = Schema.fromJsonString(Schema.Struct({ nftables: Schema.Array(Body) }))
const isBody = Schema.is(Body)

const toObject = (wrapped: Readonly<Record<string, unknown>>): ReadonlyArray<NftObject> =>
  Object.entries(wrapped).flatMap(([kind, body]) => {
    if (!isBody(body)) return []
    // With --echo every object is wrapped in the command that made it.
    return kind === "add" || kind === "create" ? toObject(body) : [{ kind, body }]
  })

/** Reads what `nft -j` printed; an empty output is an empty list. */
export const readNft = (attempt: Attempt, stdout: string): Effect.Effect<ReadonlyArray<NftObject>, OpsError> =>
  stdout.trim() === ""
    ? Effect.succeed([])
    : Effect.map(readJson(Output, attempt, stdout), ({ nftables }) => nftables.flatMap(toObject))

const Atom = Schema.Union([Schema.String, Schema.Finite])
const Part = Schema.Union([
  Atom,
  Schema.Struct({ prefix: Schema.Struct({ addr: Schema.String, len: Schema.Finite }) }),
  Schema.Struct({ range: Schema.Tuple([Atom, Atom]) })
])
const Expression = Schema.Union([Part, Schema.Struct({ concat: Schema.Array(Part) })])
const Target = Schema.Struct({ target: Schema.String })
const Verdict = Schema.Union([
  Schema.Struct({ accept: Schema.Null }),
  Schema.Struct({ drop: Schema.Null }),
  Schema.Struct({ return: Schema.Null }),
  Schema.Struct({ continue: Schema.Null }),
  Schema.Struct({ goto: Target }),
  Schema.Struct({ jump: Target })
])
const Key = Schema.Union([
  Expression,
  Schema.Struct({ elem: Schema.Struct({ val: Expression, comment: Schema.optionalKey(Schema.String) }) })
])
const Pair = Schema.Tuple([Key, Schema.Union([Verdict, Expression])])

const readKey = Schema.decodeUnknownOption(Key)
const readPair = Schema.decodeUnknownOption(Pair)

const ofPart = (part: typeof Part.Type): string => {
  if (typeof part !== "object") return `${part}`
  return "prefix" in part ? `${part.prefix.addr}/${part.prefix.len}` : part.range.join("-")
}

const ofExpression = (expression: typeof Expression.Type): ReadonlyArray<string> =>
  typeof expression === "object" && "concat" in expression ? expression.concat.map(ofPart) : [ofPart(expression)]

const ofData = (data: typeof Verdict.Type | typeof Expression.Type): ReadonlyArray<string> => {
  if (typeof data !== "object") return [ofPart(data)]
  if ("goto" in data) return [`goto ${data.goto.target}`]
  if ("jump" in data) return [`jump ${data.jump.target}`]
  if ("accept" in data) return ["accept"]
  if ("drop" in data) return ["drop"]
  if ("return" in data) return ["return"]
  return "continue" in data ? ["continue"] : ofExpression(data)
}

const found = (set: SetName, key: typeof Key.Type, value: ReadonlyArray<string>): FoundElement => {
  const bare = typeof key === "object" && "elem" in key ? key.elem : { val: key }
  return { set, key: ofExpression(bare.val), value, comment: "comment" in bare ? (bare.comment ?? "") : "" }
}

/** An element of a shape that is not in our layout (a timeout, a counter) was not made by us and is left out. */
const readElement = (set: SetName, raw: unknown): ReadonlyArray<FoundElement> =>
  Option.toArray(
    isMap(set)
      ? Option.map(readPair(raw), ([key, data]) => found(set, key, ofData(data)))
      : Option.map(readKey(raw), (key) => found(set, key, []))
  )

/** The entries of the layout's sets and maps among what was listed, or only of those that are `wanted`. */
export const elementsIn = (
  objects: ReadonlyArray<NftObject>,
  wanted: (set: SetName) => boolean = () => true
): ReadonlyArray<FoundElement> =>
  objects.flatMap(({ kind, body: { elem, family, name } }) => {
    if ((kind !== "set" && kind !== "map") || typeof name !== "string" || !isSetName(name) || !wanted(name)) return []
    if (family !== specOf(name).family || !Array.isArray(elem)) return []
    return elem.flatMap((raw: unknown) => readElement(name, raw))
  })
