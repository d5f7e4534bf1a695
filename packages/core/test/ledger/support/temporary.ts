import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"

const made: Array<string> = []

afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})

/** A fresh directory, gone with the test file. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "vmnet-core-"))
  made.push(directory)
  return directory
}

/** Where a state directory may be made. */
export const stateDirIn = (directory: string = temporaryDirectory()): string => join(directory, "state")
