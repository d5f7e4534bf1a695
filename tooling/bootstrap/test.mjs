import { handOver } from "./handOver.mjs"
import { bin } from "./workspace.mjs"

await handOver([bin("vitest"), "run", ...process.argv.slice(2)])
