import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { getSystemErrorName } from "node:util"
import { fileURLToPath } from "node:url"

const source = fileURLToPath(new URL("./player.c", import.meta.url))

/** Built anew each time: it takes a second, and no binary lies about. `undefined` where there is no compiler. */
const build = (directory: string): string | undefined => {
  const program = join(directory, "player")
  const { error, status } = spawnSync("cc", ["-O2", "-o", program, source], { stdio: ["ignore", "ignore", "inherit"] })
  return error === undefined && status === 0 ? program : undefined
}

/** `player.c` as a process that waits for scripts. */
export class Player {
  readonly #child: ChildProcess
  #told: (answer: Buffer) => void = () => {}
  #ended: (cause: Error) => void = () => {}

  private constructor(program: string) {
    this.#child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] })
    this.#child.stdout?.on("data", (answer: Buffer) => this.#told(answer))
    this.#child.once("close", (code) => this.#ended(new Error(`the player ended (${code})`)))
  }

  static start(): Player | undefined {
    const directory = mkdtempSync(join(tmpdir(), "vmnet-bench-"))
    try {
      const program = build(directory)
      return program === undefined ? undefined : new Player(program)
    } finally {
      process.once("exit", () => rmSync(directory, { recursive: true, force: true }))
    }
  }

  /** The milliseconds a script took by the player's own clock; fails with what the kernel refused. */
  play(script: Uint8Array): Promise<number> {
    const size = Buffer.alloc(4)
    size.writeUInt32LE(script.length)
    return new Promise((resolve, reject) => {
      this.#told = (answer) => {
        const errno = Number(answer.readBigInt64LE(8))
        if (errno === 0) resolve(Number(answer.readBigInt64LE(0)) / 1e6)
        else reject(new Error(`the kernel refused: ${getSystemErrorName(-errno)}`))
      }
      this.#ended = reject
      this.#child.stdin?.write(Buffer.concat([size, script]))
    })
  }
}
