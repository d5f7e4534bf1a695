import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Where nothing waits for a disk. A real ledger is in such a place too: `/run`. */
const inMemory = "/dev/shm"

/**
 * A new directory for what a machine in memory keeps in files, its ledger above all: tests make and close thousands of
 * them. In memory where the system has a place there, else among the temporary files. Whoever asks for it deletes it.
 */
export const temporaryDirectory = (purpose: string): string => {
  try {
    return mkdtempSync(join(inMemory, `vmnet-${purpose}-`))
  } catch {
    return mkdtempSync(join(tmpdir(), `vmnet-${purpose}-`))
  }
}
