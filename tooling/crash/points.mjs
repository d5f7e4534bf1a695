/**
 * Loaded before a program (`node --import points.mjs`): finds the moments at which the program changes something outside
 * itself, on Node's own edges, so that a step somebody adds is a point by itself. VMNET_POINTS is the JSON of a `Plan`. Each
 * line that is written to its trace is `point <words>` or `started <pid> <program>`; with `kill` the process ends by SIGKILL
 * at that occurrence of these words: before it, during it, or after it.
 */
import childProcess from "node:child_process"
import fs from "node:fs"
import { findPackageJSON, syncBuiltinESMExports } from "node:module"
import net from "node:net"
import { DatabaseSync, StatementSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"
import { wordsOf } from "./words.mjs"

/**
 * @typedef {{ words: string, occurrence: number, mode: "before" | "during" | "after", delay: number }} Kill `delay` in
 * microseconds, of `during`
 * @typedef {{ trace: string, kill?: Kill }} Plan
 */

/** @type {Plan} */
const plan = JSON.parse(process.env["VMNET_POINTS"] ?? "{}")
const real = { openSync: fs.openSync, writeSync: fs.writeSync, kill: process.kill.bind(process) }
const trace = real.openSync(plan.trace, "a")
/** @type {Map<string, number>} */
const seen = new Map()

const die = () => {
  real.kill(process.pid, "SIGKILL")
  // The signal is taken on the way back from the system call; nothing of ours may run before.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
}

/** @param {number} microseconds */
const spin = (microseconds) => {
  const end = performance.now() + microseconds / 1_000
  while (performance.now() < end);
}

/** Another thread, since what is to be cut in two is a call that keeps this one. */
const assassin = () => {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const source = `const { workerData: { shared, delay } } = require("node:worker_threads")
    Atomics.store(shared, 1, 1); Atomics.notify(shared, 1); Atomics.wait(shared, 0, 0)
    const end = performance.now() + delay / 1000; while (performance.now() < end);
    process.kill(process.pid, "SIGKILL")`
  const worker = new Worker(source, { eval: true, workerData: { shared, delay: plan.kill?.delay ?? 0 } })
  worker.unref()
  return shared
}

const shared = plan.kill?.mode === "during" && !plan.kill.words.startsWith("spawn ") ? assassin() : undefined

const release = () => {
  if (shared === undefined) return
  Atomics.wait(shared, 1, 0, 5_000)
  Atomics.store(shared, 0, 1)
  Atomics.notify(shared, 0)
}

/** Whether the process is to end at this point, and how. @param {string} words */
const reached = (words) => {
  const occurrence = (seen.get(words) ?? 0) + 1
  seen.set(words, occurrence)
  real.writeSync(trace, `point ${words}\n`)
  const { kill } = plan
  return kill?.words === words && kill.occurrence === occurrence ? kill : undefined
}

/**
 * @template T
 * @param {string} words
 * @param {() => T} work
 * @returns {T}
 */
const synchronous = (words, work) => {
  const kill = reached(words)
  if (kill?.mode === "before") die()
  if (kill?.mode === "during") release()
  try {
    return work()
  } finally {
    if (kill !== undefined) die()
  }
}

/**
 * Puts a point around a method. `words` gives undefined where nothing is changed.
 * @param {any} object
 * @param {string} name
 * @param {(args: Array<any>, self: any) => string | undefined} words
 */
const wrap = (object, name, words) => {
  const original = object[name]
  object[name] = /** @this {any} @param {Array<any>} args */ function (...args) {
    const said = words(args, this)
    const call = () => original.apply(this, args)
    return said === undefined ? call() : synchronous(wordsOf(said), call)
  }
}

const { spawn } = childProcess
/** The program runs from when `spawn` returns; its end is seen before anybody else sees it. */
childProcess.spawn = /** @type {any} */ (
  /** @param {[string, ReadonlyArray<string>, object]} args */ (...args) => {
    const [program, argv] = args
    const kill = reached(wordsOf(`spawn ${[program, ...argv].join(" ")}`))
    if (kill?.mode === "before") die()
    const child = spawn(...args)
    if (child.pid !== undefined) real.writeSync(trace, `started ${child.pid} ${program}\n`)
    if (kill?.mode === "during") {
      spin(kill.delay)
      die()
    }
    // A helper does not end: who started it goes on when it says that it is ready.
    if (kill?.mode === "after") {
      child.prependListener("exit", die)
      for (const stream of child.stdio.slice(3)) stream?.prependListener("data", die)
    }
    return child
  }
)

/** @type {WeakMap<object, string>} What a transaction has changed so far, to tell transactions apart. */
const changed = new WeakMap()
/** @type {any} */
let current
const { exec } = DatabaseSync.prototype
const { run } = StatementSync.prototype
StatementSync.prototype.run = /** @this {StatementSync} */ function (.../** @type {Array<any>} */ args) {
  const verb = /^\s*(\w+(?: OR \w+)?(?: INTO| FROM)? \w+)/.exec(this.sourceSQL)?.[1] ?? ""
  if (current !== undefined) changed.set(current, `${changed.get(current) ?? ""} ${verb}`)
  return /** @type {any} */ (run).apply(this, args)
}
DatabaseSync.prototype.exec = /** @this {DatabaseSync} @param {string} sql */ function (sql) {
  const call = () => exec.call(this, sql)
  if (sql.startsWith("BEGIN")) {
    current = this
    changed.delete(this)
    return synchronous("BEGIN", call)
  }
  const what = /^(?:COMMIT|ROLLBACK)/.test(sql) ? `${sql}${changed.get(this) ?? " of nothing"}` : sql
  return synchronous(wordsOf(what), call)
}

/** @type {Map<number, string>} */
const opened = new Map()
const writing = fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT

/** @param {unknown} flags */
const isWriting = (flags) =>
  typeof flags === "number" ? (flags & writing) !== 0 : typeof flags === "string" && !/^r[s]*$/.test(flags)

wrap(fs, "openSync", ([path, flags]) => (isWriting(flags) ? `open ${path}` : undefined))
const { openSync } = fs
fs.openSync = /** @type {any} */ (
  /** @param {[string, string]} args */ (...args) => {
    const descriptor = openSync(...args)
    opened.set(descriptor, String(args[0]))
    return descriptor
  }
)
wrap(fs, "writeSync", ([descriptor]) => (descriptor > 2 ? `write ${opened.get(descriptor) ?? ""}` : undefined))
wrap(fs, "writeFileSync", ([path]) => `write ${typeof path === "number" ? (opened.get(path) ?? "") : path}`)
for (const name of [
  "appendFileSync",
  "chmodSync",
  "chownSync",
  "copyFileSync",
  "cpSync",
  "fchmodSync",
  "fchownSync",
  "ftruncateSync",
  "linkSync",
  "mkdirSync",
  "mkdtempSync",
  "renameSync",
  "rmSync",
  "rmdirSync",
  "symlinkSync",
  "truncateSync",
  "unlinkSync"
]) {
  wrap(fs, name, ([path, other]) => `${name} ${path}${typeof other === "string" ? ` ${other}` : ""}`)
}
for (const name of ["appendFile", "mkdir", "open", "rename", "rm", "rmdir", "unlink", "writeFile"]) {
  wrap(fs.promises, name, ([path, flags]) => (name === "open" && !isWriting(flags) ? undefined : `${name} ${path}`))
}
wrap(process, "kill", ([, signal]) => (signal === 0 ? undefined : `kill ${signal ?? "SIGTERM"}`))

// What is said over a connection: the requests to the API of a helper.
for (const name of /** @type {const} */ (["connect", "createConnection"])) {
  const connect = net[name]
  net[name] = /** @type {any} */ (
    /** @param {any} args */ (...args) => {
      const socket = /** @type {any} */ (connect).apply(net, args)
      wrap(socket, "end", () => "say to a helper")
      socket.prependOnceListener("data", () => synchronous("hear from a helper", () => {}))
      return socket
    }
  )
}

/** What the kernel is asked for in messages: types of nf_tables have 10 as their upper byte (linux/netfilter/nfnetlink.h). */
const nfTables = 10

/**
 * The kinds of messages in what is sent, or undefined when all of them only ask: of rtnetlink the third of each four, of
 * nf_tables the second of each three (linux/rtnetlink.h, linux/netfilter/nf_tables.h). An empty transaction changes nothing.
 * @param {Uint8Array} bytes
 */
const sent = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  /** @type {Array<string>} */
  const kinds = []
  for (let at = 0; at + 16 <= bytes.length; at += (Math.max(view.getUint32(at, true), 16) + 3) & ~3) {
    const type = view.getUint16(at + 4, true)
    const [family, kind] = [type >> 8, type & 0xff]
    const isBracket = view.getUint32(at, true) === 20 && (type === 16 || type === 17)
    const asks = family === nfTables ? kind % 3 === 1 : type % 4 === 2
    if (!isBracket && !asks) kinds.push(family === nfTables ? `nf ${kind}` : `rt ${type}`)
  }
  return kinds.length === 0 ? undefined : `send ${kinds.join(" ")}`
}

/** @type {Record<string, (...args: Array<any>) => string | undefined>} The foreign functions that change something. */
const changing = {
  send: (_, bytes) => sent(bytes),
  ioctl: (_, request) => `ioctl 0x${request.toString(16)}`,
  setns: () => "setns",
  unshare: () => "unshare",
  mount: (source, target) => `mount ${source} ${target}`,
  umount2: (target) => `umount ${target}`,
  nft_run_cmd_from_buffer: (_, text) => (text.startsWith("list ") ? undefined : "nft"),
  nft_run_cmd_from_filename: () => "nft from a file"
}

/**
 * A call on a thread of the pool, which tells its last argument when it has returned.
 * @param {(...args: Array<any>) => void} call
 * @param {(...args: Array<any>) => string | undefined} words
 */
const behind =
  (call, words) =>
  /** @param {Array<any>} args */
  (...args) => {
    const said = words(...args)
    const kill = said === undefined ? undefined : reached(wordsOf(said))
    if (kill?.mode === "before") die()
    if (kill?.mode === "during") release()
    return kill === undefined ? call(...args) : call(...args.slice(0, -1), die)
  }

/** Foreign functions are called by way of koffi, which is a package of the program's own. */
const foreign = async () => {
  const found = findPackageJSON("koffi", pathToFileURL(process.argv[1] ?? ""))
  if (found === undefined) return
  const manifest = fs.realpathSync(found)
  const { exports } = JSON.parse(fs.readFileSync(manifest, "utf8"))
  const { default: koffi } = await import(new URL(exports["."].import, pathToFileURL(manifest)).href)
  const load = koffi.load
  koffi.load = /** @param {Array<any>} args */ (...args) => {
    const library = load.apply(koffi, args)
    const func = /** @param {Array<any>} declaration */ (...declaration) => {
      const called = library.func(...declaration)
      const name = /(\w+)\s*(?:\(|$)/.exec(String(declaration[0]))?.[1] ?? ""
      const words = changing[name]
      if (words === undefined) return called
      const direct = /** @param {Array<any>} args */ (...args) => {
        const said = words(...args)
        return said === undefined ? called(...args) : synchronous(wordsOf(said), () => called(...args))
      }
      return Object.assign(direct, { async: behind(called.async, words) })
    }
    return { func }
  }
}
await foreign()
syncBuiltinESMExports()
