import { assert, it } from "@effect/vitest"
import { koffi, loadKoffi } from "#src/ffi/koffi.ts"
import { errno, loadLibc } from "#src/ffi/foreign.ts"

it("the addon is loaded without koffi's own JavaScript around it", () => {
  const asked: Array<string> = []
  const load = (name: string): unknown => asked.push(name)
  loadKoffi(load)
  assert.lengthOf(asked, 1)
  assert.match(asked[0] ?? "", /koffi\.node$/)
  // Its JavaScript adds what is deprecated.
  assert.notProperty(koffi(), "introspect")
})

it("koffi itself finds the addon where it is not in its usual place", () => {
  const usual = { version: "usual" }
  const load = (name: string): unknown => {
    if (name === "koffi") return usual
    throw new Error(`Cannot find module '${name}'`)
  }
  assert.strictEqual(loadKoffi(load), usual)
})

it("a foreign function is called, and tells why it failed", () => {
  assert.strictEqual(loadLibc().setns(-1, 0), -1)
  assert.strictEqual(errno(), 9)
  assert.strictEqual(loadLibc().strerror(9), "Bad file descriptor")
})
