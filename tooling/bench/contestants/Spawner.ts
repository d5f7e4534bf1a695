import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { environment, type ProgramOptions } from "./runProgram.ts"

const script = fileURLToPath(new URL("./spawner.pl", import.meta.url))

/** A program as it is to be started. */
export interface Started extends ProgramOptions {
  readonly argv: ReadonlyArray<string>
}

/** What all programs of a call took together, from the first start to the last end, and what the last one printed. */
export interface Ended {
  readonly ms: number
  readonly output: string
}

const sized = (bytes: Uint8Array): Uint8Array => {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length)
  return Buffer.concat([size, bytes])
}

const encoded = ({ argv, env = {}, input = "" }: Started): ReadonlyArray<Uint8Array> => {
  const variables = Object.entries({ ...environment, ...env }).map(([key, value]) => `${key}=${value}`)
  return [input, variables.join("\0"), argv.join("\0")].map((field) => sized(Buffer.from(field)))
}

const fieldsOf = (answer: Buffer): ReadonlyArray<string> => {
  const fields: Array<string> = []
  for (let at = 0; at < answer.length;) {
    const end = at + 4 + answer.readUInt32LE(at)
    fields.push(answer.toString("utf8", at + 4, end))
    at = end
  }
  return fields
}

const endedOf = (programs: ReadonlyArray<Started>, answer: Buffer): Ended => {
  const [nanoseconds, done, status, output = ""] = fieldsOf(answer)
  const failed = programs[Number(done)]
  if (failed !== undefined) throw new Error(`${failed.argv.join(" ")} (wait status ${status}): ${output.trim()}`)
  return { ms: Number(nanoseconds) / 1e6, output }
}

/**
 * A small process that starts programs, one after the other. What this process itself starts would be charged for this
 * process's size: 5 to 15 ms for each, where a script or a VMM pays 1 to 2.
 */
export class Spawner {
  readonly #child: ChildProcess
  #answer: Buffer = Buffer.alloc(0)
  #told: (answer: Buffer) => void = () => {}
  #ended: (cause: Error) => void = () => {}

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.on("data", (some: Buffer) => this.#take(some))
    child.once("error", (cause) => this.#ended(cause))
    child.once("close", (code) => this.#ended(new Error(`what starts programs has ended (${code})`)))
  }

  /** In the namespaces of this process. It ends with this process, or by `end`. */
  static start(): Spawner {
    return new Spawner(spawn("perl", [script], { stdio: ["pipe", "pipe", "inherit"] }))
  }

  /** One after the other, one call at a time; fails with what the first one said that did. */
  async run(programs: ReadonlyArray<Started>): Promise<Ended> {
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#told = resolve
      this.#ended = reject
    })
    this.#child.stdin?.write(sized(Buffer.concat(programs.flatMap(encoded))))
    return endedOf(programs, await answer)
  }

  end(): void {
    this.#child.stdin?.end()
  }

  #take(some: Buffer): void {
    this.#answer = Buffer.concat([this.#answer, some])
    if (this.#answer.length < 4) return
    const size = 4 + this.#answer.readUInt32LE()
    if (this.#answer.length < size) return
    const whole = this.#answer.subarray(4, size)
    this.#answer = this.#answer.subarray(size)
    this.#told(whole)
  }
}
