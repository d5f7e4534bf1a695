#!/usr/bin/env node
// The workspace's `vmnet`: pnpm links it before anything is built. The published package starts dist/bin.js directly.
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const bundle = new URL("../dist/bin.js", import.meta.url)

if (existsSync(fileURLToPath(bundle))) {
  await import(bundle.href)
} else {
  process.stderr.write(
    "vmnet is not built yet: run `pnpm build` in the repository (or `npm run demo`, which does it)\n"
  )
  process.exitCode = 1
}
