import { spawn } from "node:child_process"
import { constants } from "node:os"
import { setUp } from "./setup.mjs"
import { environment, root } from "./workspace.mjs"

/**
 * Sets the repository up and then becomes, as far as a parent process can, the program that was asked for: same
 * terminal, same signals, same exit code.
 *
 * @param {readonly [string, ...Array<string>]} argv
 */
export const handOver = async ([file, ...args]) => {
  if (!(await setUp())) return
  const child = spawn(file, args, { cwd: root, env: environment(), stdio: "inherit" })
  // A terminal's ^C reaches the child by itself; this process only has to outlive its cleaning up.
  process.on("SIGINT", () => {})
  process.on("SIGTERM", () => child.kill("SIGTERM"))
  child.once("error", (error) => {
    process.stderr.write(`vmnet: cannot start ${file}: ${error.message}\n`)
    process.exitCode = 1
  })
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  })
}
