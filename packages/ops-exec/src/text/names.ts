/**
 * What may be put into a line of `ip -batch` or an nft statement. Every check runs before anything is executed.
 *
 * iproute2 reads a name `if7` that does not exist as interface index 7 (`ll_idx_a2n` in lib/ll_map.c): `ip link delete
 * dev if7` would delete somebody else's link. Such names are never passed on.
 */
const indexAlias = /^if\d+$/

/** Names of links vmnet creates: lower-case letters and digits, 1 to 15 of them. */
export const isCreatedName = (name: string): boolean => /^[a-z0-9]{1,15}$/.test(name) && !indexAlias.test(name)

/**
 * Names of links that are merely referred to may be anything the kernel allows, except what `ip -batch` does not take
 * as one plain word: white space, quotes, `#` and backslash end or join words, a leading `-` could be an option.
 */
export const isReferableName = (name: string): boolean =>
  /^(?!-)[^\s"'#\\/:\p{Cc}]{1,15}$/u.test(name) && name !== "." && name !== ".." && !indexAlias.test(name)

/** Device names inside nft statements; `*` at the end would be a wildcard there. */
export const isDeviceName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(name)

export const isMac = (text: string): boolean => /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text)

export const isMtu = (mtu: number): boolean => Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535

export const isUserId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

/** Ownership tags: no white space, no quote, nothing that ends a word or a comment. */
export const isTag = (text: string, maxLength: number): boolean =>
  text.length <= maxLength && /^[A-Za-z0-9@][A-Za-z0-9:@._-]*$/.test(text)
