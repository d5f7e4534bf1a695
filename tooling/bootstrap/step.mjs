import { spawn } from "node:child_process"
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { environment, inRoot, root } from "./workspace.mjs"

const shownLines = 40
const heartbeatMs = 20_000

/** Something a person has to act on: its text is all that is shown of it. */
export class StepFailed extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** @param {string} line */
export const say = (line) => {
  process.stderr.write(`vmnet: ${line}\n`)
}

/** @param {number} since */
const elapsed = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/**
 * @param {readonly [string, ...Array<string>]} argv
 * @param {string} log
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>} what went wrong
 */
const runLogged = ([file, ...args], log, env) =>
  new Promise((done) => {
    const output = openSync(log, "a")
    const child = spawn(file, args, { cwd: root, env, stdio: ["ignore", output, output] })
    closeSync(output)
    child.once("error", (error) => done(error.message))
    child.once("exit", (code, signal) => done(code === 0 ? undefined : `exit ${code ?? signal}`))
  })

/** @param {string} log */
const endOf = (log) => readFileSync(log, "utf8").trimEnd().split("\n").slice(-shownLines).join("\n")

/**
 * Runs one command with its output in a log file, and shows the end of that when it fails.
 *
 * @param {string} title what it does, as in "building vmnet"
 * @param {readonly [string, ...Array<string>]} argv
 * @param {NodeJS.ProcessEnv} extraEnv
 */
export const step = async (title, argv, extraEnv = {}) => {
  const log = inRoot(".toolchain", "log", `${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.log`)
  mkdirSync(inRoot(".toolchain", "log"), { recursive: true })
  writeFileSync(log, `$ ${argv.join(" ")}\n`)
  const started = Date.now()
  say(`${title} ...`)
  const heartbeat = setInterval(() => say(`${title}: still at it after ${elapsed(started)}`), heartbeatMs)
  const failure = await runLogged(argv, log, { ...environment(), ...extraEnv })
  clearInterval(heartbeat)
  if (failure !== undefined) {
    throw new StepFailed(`${title} failed (${failure}). The end of ${log}:\n\n${endOf(log)}`)
  }
  say(`${title}: done in ${elapsed(started)}`)
}
