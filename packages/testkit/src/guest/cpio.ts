/** One entry of an initramfs. Directories have no content. */
export interface CpioEntry {
  readonly path: string
  readonly mode: number
  readonly content?: Uint8Array
}

const directory = 0o040000
const regular = 0o100000

const padded = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => [bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)]

/** The 13 fields of a header in the order of cpio(5), "New ASCII Format": eight hexadecimal digits each. */
const header = (index: number, entry: CpioEntry, nameSize: number): string => {
  const type = entry.content === undefined ? directory : regular
  const size = entry.content?.length ?? 0
  const fields = [index, type | entry.mode, 0, 0, 1, 0, size, 0, 0, 0, 0, nameSize, 0]
  return `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`
}

const record = (entry: CpioEntry, index: number): ReadonlyArray<Uint8Array> => {
  const name = Buffer.from(`${entry.path}\0`, "utf8")
  const head = Buffer.concat([Buffer.from(header(index + 1, entry, name.length), "latin1"), name])
  return [...padded(head), ...padded(entry.content ?? new Uint8Array(0))]
}

/** An archive as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst). */
export const cpio = (entries: ReadonlyArray<CpioEntry>): Uint8Array =>
  Buffer.concat([...entries, { path: "TRAILER!!!", mode: 0, content: new Uint8Array(0) }].flatMap(record))
