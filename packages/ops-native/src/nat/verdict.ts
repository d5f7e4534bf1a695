import { attributeMap, encodeAttributes, nested } from "../netlink/attributes.ts"
import { be32, readBe32, readText, zeroTerminated } from "../netlink/values.ts"

/** `enum nft_verdict_attributes` of linux/netfilter/nf_tables.h. */
const attrs = { code: 1, chain: 2 } as const

/** `NF_*` of linux/netfilter.h, `NFT_*` of linux/netfilter/nf_tables.h, as the 32 bits they are sent as. */
const codes = {
  drop: 0,
  accept: 1,
  continue: 0xffffffff,
  jump: 0xfffffffd,
  goto: 0xfffffffc,
  return: 0xfffffffb
} as const

const isVerdict = (word: string): word is keyof typeof codes => Object.hasOwn(codes, word)

/** `return`, `goto open`, ... as what is in `NFTA_DATA_VERDICT`. */
export const encodeVerdict = (text: string): Uint8Array => {
  const [word = "", chain] = text.split(" ")
  return encodeAttributes([
    { type: attrs.code, payload: be32(isVerdict(word) ? codes[word] : codes.drop) },
    ...(chain === undefined ? [] : [{ type: attrs.chain, payload: zeroTerminated(chain) }])
  ])
}

/** `undefined` for one that no layout of ours has. */
export const decodeVerdict = (bytes: Uint8Array): string | undefined => {
  const found = attributeMap(bytes)
  const code = readBe32(found.get(attrs.code))
  const word = Object.keys(codes).find((word) => isVerdict(word) && codes[word] === code)
  if (word !== "jump" && word !== "goto") return word
  return `${word} ${readText(found.get(attrs.chain))}`
}

/** The attribute it stands in. */
export const verdictAttribute = (text: string) => ({ type: 2 | nested, payload: encodeVerdict(text) })
