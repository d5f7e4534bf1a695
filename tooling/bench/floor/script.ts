import type { Prepared, PreparedTap } from "./Prepared.ts"

/** A step of `player.c`: a letter, a size, that many bytes. */
const step = (letter: string, bytes: Uint8Array): Uint8Array => {
  const head = Buffer.alloc(5)
  head.write(letter, "latin1")
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

const numbers = (...values: ReadonlyArray<number>): Uint8Array => new Uint8Array(Int32Array.from(values).buffer)
const text = (value: string): Uint8Array => Buffer.from(`${value}\0`)

const tapStep = (prepared: PreparedTap | undefined): ReadonlyArray<Uint8Array> => {
  if (prepared === undefined) return []
  const { index, request, tap } = prepared
  return [step("T", Buffer.concat([numbers(index, tap.uid ?? 0, tap.gid ?? -1), request]))]
}

const linkStep = (bytes: Uint8Array, netnsFd: number): Uint8Array => step("H", Buffer.concat([numbers(netnsFd), bytes]))

/** As `Floor.attach`, step by step. */
export const attachScript = ({ elements, files, host, netnsFd, slot, tap }: Prepared): Uint8Array =>
  Buffer.concat([
    step("E", elements),
    ...tapStep(tap),
    ...(slot === undefined
      ? [linkStep(host, -1)]
      : [
          step("N", text(slot.path)),
          step("t", slot.table),
          ...tapStep(slot.tap),
          linkStep(host, netnsFd),
          step("l", slot.links),
          step("B", new Uint8Array())
        ]),
    ...files.map(({ path, value }) => step("F", Buffer.concat([text(path), Buffer.from(value)])))
  ])

/** As `Floor.detach`. */
export const detachScript = ({ deletion, slot, withoutElements }: Prepared): Uint8Array =>
  Buffer.concat([step("E", withoutElements), slot === undefined ? linkStep(deletion, -1) : step("U", text(slot.path))])
