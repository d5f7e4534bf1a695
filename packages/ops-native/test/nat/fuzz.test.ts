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

const sample = { device: "vmb1", ipv4: "10.0.42.2", prefix: "10.0.0.0/8", protocol: "6", port: "80", ports: "1-2" }
const more = { mac: "02:fc:00:00:00:05", mark: "7", verdict: "drop" }

/** One of each set, so that every reader of data meets what is no data of its kind. */
const wanted = Object.keys(sets)
  .filter(isSetName)
  .map((set): SetElement => ({ set, key: specOf(set).key.map((kind) => ({ ...sample, ...more })[kind]), value: [] }))

/** An answer of the kernel with a few bytes changed, cut off somewhere, or nothing but noise. */
const mangled = (random: (below: number) => number): Uint8Array => {
  const kind = random(8)
  if (kind === 0) return Uint8Array.from({ length: random(96) }, () => random(256))
  const bytes = answers[random(answers.length)]!.slice()
  for (let changes = 1 + random(4); changes > 0; changes--) bytes[random(bytes.length)] = random(256)
  return kind < 3 ? bytes.subarray(0, random(bytes.length)) : bytes
}

it(
  "a million answers that no kernel would give are read without an error, and without end",
  { timeout: 60_000 },
  () => {
    const random = numbers(0x5eed)
    let read = 0
    let messages = 0
    for (let i = 0; i < cases; i++) {
      const bytes = mangled(random)
      for (const message of decodeMessages(bytes)) {
        messages++
        decodeError(message.payload)
        const found = readElement(wanted[i % wanted.length]!, message.payload)
        if (found !== undefined) read++
      }
    }
    // Not only refused at the first byte, and never taken for what was asked: no answer here is about these entries.
    assert.isAbove(messages, cases / 4)
    assert.isBelow(read, cases / 100)
  }
)
