import { assert, it } from "@effect/vitest"
import { readDump } from "#src/nat/readDump.ts"

/** As nft 1.0.6 prints it (`nft --debug=mnl`), its colours written as `<number>`. */
const dump = `----------------\t------------------
|  0000000048  |\t| message length |
| 02560 | R--- |\t|  type | flags  |
|  0000000001  |\t| sequence number|
|  0000000000  |\t|     port ID    |
----------------\t------------------
| 01 00 00 00  |\t|  extra header  |
|<1;31>00019<0>|<1;32>--<0>|<1;34>00001<0>|\t|len |flags| type|
| 76 6d 6e 65  |\t|      data      |\t v m n e
| 74 5f 30 61  |\t|      data      |\t t _ 0 a
| 31 62 32 63  |\t|      data      |\t 1 b 2 c
| 33 64 00 ff  |\t|      data      |\t 3 d    
|<1;31>00300<0>|<1;32>N-<0>|<1;34>00004<0>|\t|len |flags| type|
----------------\t------------------
----------------\t------------------
|  0000000020  |\t| message length |
| 00017 | R--- |\t|  type | flags  |
|  0000000002  |\t| sequence number|
|  0000000000  |\t|     port ID    |
----------------\t------------------
| 00 00 00 0a  |\t|  extra header  |
----------------\t------------------
`

it("what libmnl prints of its messages is read back as those messages", () => {
  const read = readDump(dump.replaceAll(/<([\d;]+)>/g, "\u001B[$1m"))
  assert.deepStrictEqual(
    read.map(({ payload, type }) => [type, Buffer.from(payload).toString("hex")]),
    [
      [0xa00, "0100000013000100766d6e65745f306131623263336400ff2c010480"],
      [0x11, "0000000a"]
    ]
  )
})

it("what is no such print is no message", () => {
  assert.deepStrictEqual(readDump(""), [])
  assert.deepStrictEqual(readDump("| 01 00 00 00  |\t|  extra header  |\nError: syntax error\n"), [])
})
