import { defineConfig } from "vitest/config"
import { privatePool } from "./tooling/vitest/privatePool.ts"

const tests = "{packages,apps}/*/test/**/*.test.ts"
const toolingTests = "tooling/test/**/*.test.ts"
const privileged = "**/*.privileged.test.ts"
const neverTests = ["**/node_modules/**", "**/dist/**"]

export default defineConfig({
  test: {
    // One more than the cores of a small machine: much of the time is the kernel's, waiting for grace periods.
    maxWorkers: 3,
    allowOnly: false,
    reporters: ["default", "./tooling/vitest/verdictReporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [tests, toolingTests],
          exclude: [...neverTests, privileged],
          testTimeout: 20_000
        }
      },
      {
        extends: true,
        test: {
          name: "privileged",
          include: ["{packages,apps}/*/test/**/*.privileged.test.ts", "tooling/test/**/*.privileged.test.ts"],
          exclude: neverTests,
          pool: privatePool,
          isolate: true,
          setupFiles: ["./tooling/vitest/privateHost.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000
        }
      }
    ]
  }
})
