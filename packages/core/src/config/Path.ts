import { quote } from "../names/quote.ts"

/** Where in a file: keys and list positions from the top. */
export type Path = ReadonlyArray<string | number>

/** `networks.web.subnet`, `vms.api.publish[0]`, `vms["my.vm"].ip`: keys that a dot would hide are in quotes. */
export const formatPath = (path: Path): string =>
  path.reduce<string>((before, part) => {
    if (typeof part === "number") return `${before}[${part}]`
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(part)) return `${before}[${quote(part)}]`
    return before === "" ? part : `${before}.${part}`
  }, "")

/** A text that two paths share exactly when they are equal. */
export const pathKey = (path: Path): string => JSON.stringify(path)
