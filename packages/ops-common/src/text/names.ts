import { netnsNamePattern } from "@vmnet/core"

/**
 * What may be put into a line of `ip -batch` or an nft statement. Every check runs before anything is executed.
 *
 * iproute2 reads a name `if7` that does not exist as interface index 7 (`ll_idx_a2n` in lib/ll_map.c): `ip link delete
 * dev if7` would delete somebody else's link. No change is ever made to such a name.
 */
const indexAlias = /^if\d+$/

/** Names of links vmnet creates: 1 to 15 of these, and nothing that could be read as an option. */
export const isCreatedName = (name: string): boolean =>
  /^[a-z0-9][a-z0-9._-]{0,14}$/.test(name) && !indexAlias.test(name)

/** Names the kernel allows for a link (`dev_valid_name` in net/core/dev.c): no other can be there. */
export const isLegalName = (name: string): boolean =>
  Buffer.byteLength(name) <= 15 && /^[^\s/:\0]+$/.test(name) && name !== "." && name !== ".."

/** Whether `ip -batch` takes a name as one plain word: quotes, `#` and `\` end or join words there. */
export const isPlainWord = (name: string): boolean => /^(?!-)[^\s"'#\\\p{Cc}]+$/u.test(name)

/** Names of links that a change may refer to. */
export const isReferableName = (name: string): boolean =>
  isLegalName(name) && isPlainWord(name) && !indexAlias.test(name)

/** Names of namespaces vmnet creates: one plain word, never a path, never an option. */
export const isNetnsName = (name: string): boolean => netnsName.test(name)

const netnsName = new RegExp(netnsNamePattern)

/** Names a file in `/run/netns` can have: no other namespace can be there. */
export const isFileName = (name: string): boolean =>
  Buffer.byteLength(name) <= 255 && /^[^/\0]+$/.test(name) && name !== "." && name !== ".."

/** Device names inside nft statements; `*` at the end would be a wildcard there. */
export const isDeviceName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(name)

export const isMac = (text: string): boolean => /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text)

export const isMtu = (mtu: number): boolean => Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535

export const isUserId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

/** Ownership tags: no white space, no quote, nothing that ends a word or a comment. */
export const isTag = (text: string, maxLength: number): boolean =>
  text.length <= maxLength && /^[A-Za-z0-9@][A-Za-z0-9:@._-]*$/.test(text)
