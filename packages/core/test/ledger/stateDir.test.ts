import { assert, describe, it } from "@effect/vitest"
import { VmnetError } from "@vmnet/core"
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ensureStateDir } from "../../src/ledger/stateDir.ts"
import { stateDirIn, temporaryDirectory } from "./support/temporary.ts"

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

const refusal = (stateDir: string): VmnetError => {
  try {
    ensureStateDir(stateDir)
  } catch (error) {
    if (error instanceof VmnetError) return error
    throw error
  }
  throw new Error(`${stateDir} was accepted`)
}

/** Somebody else's directory: chowned where that is allowed, one of root's where it is not. */
const foreignDirectory = (): string => {
  if (process.geteuid!() !== 0) return "/usr"
  const directory = stateDirIn()
  mkdirSync(directory, { mode: 0o700 })
  chownSync(directory, 65_534, 65_534)
  return directory
}

describe("the state directory", () => {
  it("is 0700 from birth, and so are the directories above it, whatever the umask", () => {
    const parent = temporaryDirectory()
    const umask = process.umask(0)
    try {
      ensureStateDir(join(parent, "above", "state"))
    } finally {
      process.umask(umask)
    }
    assert.deepStrictEqual([modeOf(join(parent, "above")), modeOf(join(parent, "above", "state"))], ["700", "700"])
  })

  it("is taken as it is when only its owner can enter", () => {
    const stateDir = stateDirIn()
    ensureStateDir(stateDir)
    ensureStateDir(stateDir)
    assert.strictEqual(modeOf(stateDir), "700")
  })

  it.each([0o777, 0o750, 0o701, 0o720])("is refused when it is open to others (mode %o), and not repaired", (mode) => {
    const stateDir = stateDirIn()
    mkdirSync(stateDir)
    chmodSync(stateDir, mode)
    const error = refusal(stateDir)
    assert.strictEqual(error.code, "LEDGER_FAILED")
    assert.include(error.message, `${stateDir} is open to others (mode ${mode.toString(8)})`)
    assert.include(error.hint, `chmod 0700 ${stateDir}`)
    assert.strictEqual(modeOf(stateDir), mode.toString(8))
  })

  it("is refused when it is a symbolic link, with or without a slash at its end", () => {
    const directory = temporaryDirectory()
    const real = join(directory, "real")
    mkdirSync(real, { mode: 0o700 })
    const link = join(directory, "link")
    symlinkSync(real, link)
    assert.include(refusal(link).message, "is not a directory (a symbolic link is not followed)")
    assert.include(refusal(`${link}/`).message, "is not a directory (a symbolic link is not followed)")
    assert.include(refusal(`${link}/.`).message, "is not a directory (a symbolic link is not followed)")
  })

  it("is refused when it belongs to somebody else", () => {
    assert.match(refusal(foreignDirectory()).message, /belongs to uid \d+, not to you/)
  })

  it("is refused when it is a file", () => {
    const file = stateDirIn()
    writeFileSync(file, "", { mode: 0o600 })
    assert.include(refusal(file).message, "is not a directory")
  })

  it("is refused when it is a link to nowhere", () => {
    const link = stateDirIn()
    symlinkSync("/nonexistent/nowhere", link)
    assert.include(refusal(link).message, "is not a directory")
  })
})
