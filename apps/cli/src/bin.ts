#!/usr/bin/env node
import { enable } from "./compileCache.ts"
import { version } from "./version.ts"

const oldestNode = 26
const notCapable = 6

const start = async (): Promise<void> => {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    process.stderr.write(`vmnet needs Node ${oldestNode} or newer, and ${process.execPath} is ${process.version}\n`)
    process.exitCode = notCapable
    return
  }
  enable()
  await import("./main.ts")
}

// A bare --version is asked by scripts and completions in loops: it must not pay for loading the program.
if (process.argv.length === 3 && process.argv[2] === "--version") process.stdout.write(`vmnet v${version}\n`)
else await start()
