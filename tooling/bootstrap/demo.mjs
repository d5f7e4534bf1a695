import { handOver } from "./handOver.mjs"
import { bin } from "./workspace.mjs"

await handOver([bin("vmnet"), "demo", ...process.argv.slice(2)])
