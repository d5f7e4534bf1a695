#!/usr/bin/env node
import { enable } from "./compileCache.ts"
import { version } from "./version.ts"

// A bare --version is asked by scripts and completions in loops: it must not pay for loading the program.
if (process.argv.length === 3 && process.argv[2] === "--version") {
  process.stdout.write(`vmnet v${version}\n`)
} else {
  enable()
  await import("./main.ts")
}
