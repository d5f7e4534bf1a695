import { assert, it } from "@effect/vitest"
import { decodeAddress } from "#src/link/decodeAddress.ts"
import { decodeLink } from "#src/link/decodeLink.ts"
import { decodeNeighbour } from "#src/link/decodeNeighbour.ts"
import { decodeRoute } from "#src/link/decodeRoute.ts"
import { decodeAttributes } from "#src/netlink/attributes.ts"
import { decodeError } from "#src/netlink/KernelError.ts"
import { decodeMessages } from "#src/netlink/message.ts"
import { captured, messagesOf } from "./capturedAnswers.ts"

/** A small generator of numbers (mulberry32): the same seed, the same cases, on every machine. */
const randomNumbers = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Random = (below: number) => number

/** Values that lengths and counts go wrong at. */
const extremes = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 0x7f, 0x80, 0xfe, 0xff]

const scratch = new Uint8Array(8192)

/** A real answer with some of its bytes changed, and often cut off. */
const mutated = (seed: Uint8Array, random: Random): Uint8Array => {
  const bytes = scratch.subarray(0, seed.length)
  bytes.set(seed)
  for (let change = random(6); change >= 0; change--) {
    bytes[random(bytes.length)] = random(2) === 0 ? extremes[random(extremes.length)]! : random(256)
  }
  return random(3) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes
}

/** Bytes of no sense, mostly of a header's size and a few attributes. */
const nonsense = (random: Random): Uint8Array => {
  const bytes = scratch.subarray(0, random(96))
  for (let at = 0; at < bytes.length; at++)
    bytes[at] = random(4) === 0 ? random(256) : extremes[random(extremes.length)]!
  return bytes
}

const decoders: ReadonlyArray<
  readonly [name: string, decode: (bytes: Uint8Array) => unknown, questions: ReadonlyArray<string>]
> = [
  ["links", decodeLink, ["links"]],
  ["addresses", decodeAddress, ["addresses"]],
  ["routes", decodeRoute, ["routes"]],
  ["neighbours", decodeNeighbour, ["neighbours", "neighbour"]],
  ["errors", decodeError, ["absent", "mtu", "exists", "gateway"]],
  ["attributes", decodeAttributes, ["links", "routes"]]
]

const cases = 1_000_000
/** Each of the decoders, and the messages themselves. */
const share = Math.ceil(cases / (decoders.length + 1))

/** Decodes `share` cases; none may throw, and none may take long (what hangs ends with the test's own time). */
const decodeAll = (
  decode: (bytes: Uint8Array) => unknown,
  seeds: ReadonlyArray<Uint8Array>,
  random: Random
): number => {
  let understood = 0
  for (let count = 0; count < share; count++) {
    const bytes = random(4) === 0 ? nonsense(random) : mutated(seeds[random(seeds.length)]!, random)
    try {
      if (decode(bytes) !== undefined) understood++
    } catch (cause) {
      assert.fail(`case ${count} of ${Buffer.from(bytes).toString("hex")}: ${String(cause)}`)
    }
  }
  return understood
}

for (const [at, [name, decode, questions]] of decoders.entries()) {
  it(`whatever is said to be ${name} is decoded or nothing`, () => {
    const seeds = questions.flatMap((question) => messagesOf(question).map(({ payload }) => payload))
    assert.isAbove(decodeAll(decode, seeds, randomNumbers(at + 1)), share / 10, "many cases are still understood")
  })
}

it("whatever is received is messages up to where it makes no sense", () => {
  const seeds = captured.map(({ bytes }) => bytes.subarray(0, scratch.length))
  const decode = (bytes: Uint8Array): unknown => {
    const messages = decodeMessages(bytes)
    const total = messages.reduce((sum, { payload }) => sum + payload.length, 0)
    assert.isAtMost(total, bytes.length)
    return messages.length > 0 ? messages : undefined
  }
  assert.isAbove(decodeAll(decode, seeds, randomNumbers(99)), share / 10)
})
