/**
 * The ownership tag every object of ours carries where the kernel lets it: link alias, nft element comment.
 * `vmnet:<install>:<subject>:<generation>`; the subject is a VM name, or `@` and a share key (`@network.web`) for what
 * several VMs use together. Neither alphabet contains `:` or a quote.
 */
export interface Owner {
  readonly install: string
  readonly subject: string
  readonly generation: number
}

const pattern = /^vmnet:([0-9a-f]{8}):(@?[a-z0-9][a-z0-9._-]{0,95}):(\d{1,15})$/

export const formatOwner = (owner: Owner): string => `vmnet:${owner.install}:${owner.subject}:${owner.generation}`

/** Reads a tag found on a kernel object. Anything but an exact tag is `undefined`: observed text is hostile input. */
export const parseOwner = (text: string): Owner | undefined => {
  const match = pattern.exec(text)
  if (match === null) return undefined
  return { install: match[1]!, subject: match[2]!, generation: Number(match[3]) }
}

export const sameOwner = (a: Owner, b: Owner): boolean =>
  a.install === b.install && a.subject === b.subject && a.generation === b.generation
