import { assert, it } from "@effect/vitest"
import { type SetElement, isSetName, sets, specOf } from "@vmnet/ops-common"
import { readElement } from "#src/nat/readElement.ts"
import { decodeError } from "#src/netlink/KernelError.ts"
import { decodeMessages } from "#src/netlink/message.ts"
import { asked } from "./nftSent.ts"

const cases = 1_000_000

/** xorshift32: the same cases in every run. */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const answers = asked.map(({ answer }) => Uint8Array.from(Buffer.from(answer, "hex")))

const part = {
  device: "vmb1",
  ipv4: "10.0.42.4",
  prefix: "203.0.113.0/24",
  protocol: "6",
  port: "80",
  ports: "1-2",
  mac: "02:fc:00:00:00:05",
  mark: "7",
  verdict: "drop"
} as const

/** One of each set, so that every reader of data meets what is no data of its kind. Two of them the answers are about. */
const wanted = Object.keys(sets)
  .filter(isSetName)
  .map((set): SetElement => ({ set, key: specOf(set).key.map((kind) => part[kind]), value: [] }))

const about = wanted.filter(({ set }) => set === "guests" || set === "masqueraded")

/** An answer of the kernel with a few bytes changed, cut off somewhere, or nothing but noise. */
const mangled = (random: (below: number) => number): Uint8Array => {
  const kind = random(8)
  if (kind === 0) return Uint8Array.from({ length: random(96) }, () => random(256))
  const bytes = answers[random(answers.length)]!.slice()
  for (let changes = 1 + random(4); changes > 0; changes--) bytes[random(bytes.length)] = random(256)
  return kind < 3 ? bytes.subarray(0, random(bytes.length)) : bytes
}

it("a million answers no kernel would give are read without an error, and without end", { timeout: 60_000 }, () => {
  const random = numbers(0x5eed)
  let read = 0
  let messages = 0
  for (let i = 0; i < cases; i++) {
    const among = i % 2 === 0 ? about : wanted
    for (const message of decodeMessages(mangled(random))) {
      messages++
      decodeError(message.payload)
      const found = readElement(among[random(among.length)]!, message.payload)
      if (found !== undefined) read++
    }
  }
  // They are no noise to be thrown away at the first byte: in many, what was asked for is still to be read.
  assert.isAbove(messages, cases / 4)
  assert.isAbove(read, cases / 100)
})
