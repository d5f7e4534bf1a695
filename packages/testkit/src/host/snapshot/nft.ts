import { type Entry, fact, present } from "./entry.ts"

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }
type Fields = { readonly [key: string]: Json }

/** Numbered by the kernel or ticking by itself. */
const ticking = new Set(["handle", "index", "expires", "packets", "bytes", "used"])

const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === "object" && value !== null && !isList(value)

/** A bare word or number, or a quoted string: no two values read the same. */
const word = (value: null | boolean | number | string): string =>
  typeof value === "string" && !/^[\w./:!=<>&|^*@-]+$/.test(value) ? JSON.stringify(value) : String(value)

/** nft's JSON in fewer characters: `{"match":{"op":"==","left":{"meta":{"key":"iif"}}}}` is `match(op:== left:meta(key:iif))`. */
const brief = (value: Json): string => {
  if (isList(value)) return `[${value.map(brief).join(" ")}]`
  if (!isFields(value)) return word(value)
  const fields = Object.entries(value).filter(([name]) => !ticking.has(name))
  return fields.map(([name, inner]) => briefField(name, inner)).join(" ")
}

const briefField = (name: string, inner: Json): string => {
  if (inner === null) return name
  if (!isFields(inner)) return `${name}:${brief(inner)}`
  const fields = brief(inner)
  return fields === "" ? name : `${name}(${fields})`
}

const text = (value: Json | undefined): string => (value === undefined ? "" : brief(value))

const attributesOf = (fields: Fields, without: ReadonlyArray<string>): Record<string, string> =>
  present(
    Object.fromEntries(
      Object.entries(fields)
        .filter(([name]) => !without.includes(name) && !ticking.has(name))
        .map(([name, value]) => [name, text(value)])
    )
  )

const identity = ["family", "table", "name"]

const ruleEntry = (rule: Fields): Entry => {
  const chain = `${text(rule["family"])} ${text(rule["table"])} ${text(rule["chain"])}`
  const expressions = isList(rule["expr"]) ? rule["expr"].map(brief).join(" ") : ""
  const comment = rule["comment"] === undefined ? "" : ` comment ${JSON.stringify(rule["comment"])}`
  return fact(`rule ${chain} ${expressions}${comment}`, `nft chain ${chain}`)
}

/** The set itself, and each of its elements as an entry without order. */
const setEntries = (kind: string, set: Fields): ReadonlyArray<Entry> => {
  const name = identity.map((part) => text(set[part])).join(" ")
  const elements = isList(set["elem"]) ? set["elem"] : []
  return [
    { key: `${kind} ${name}`, attributes: attributesOf(set, [...identity, "elem"]) },
    ...elements.map((element) => fact(`element ${name} ${brief(element)}`))
  ]
}

const objectEntries = (kind: string, fields: Fields): ReadonlyArray<Entry> => {
  if (kind === "metainfo") return []
  if (kind === "rule") return [ruleEntry(fields)]
  if (kind === "set" || kind === "map") return setEntries(kind, fields)
  const name = identity.map((part) => text(fields[part])).filter((part) => part !== "")
  return [{ key: `${kind} ${name.join(" ")}`, attributes: attributesOf(fields, identity) }]
}

/** Entries of `nft --json list ruleset`: no handles, no counters, elements of sets in no order, rules of a chain in theirs. */
export const nftEntries = (json: string): ReadonlyArray<Entry> => {
  const { nftables } = JSON.parse(json) as { readonly nftables: ReadonlyArray<{ readonly [kind: string]: Fields }> }
  return nftables.flatMap((object) => Object.entries(object).flatMap(([kind, fields]) => objectEntries(kind, fields)))
}

/** Whether iptables-nft would find tables of its own kind in there; asking it only then cannot create any. */
export const hasIptablesTables = (json: string): boolean =>
  /"table": ?\{"family": ?"ip6?", ?"name": ?"(?:filter|nat|mangle|raw|security)"/.test(json)
