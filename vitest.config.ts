import { defineConfig } from "vitest/config"

const tests = ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "tooling/test/**/*.test.ts"]
const privileged = ["packages", "apps", "tooling"].map((root) => `${root}/**/test/**/*.privileged.test.ts`)

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: tests, exclude: ["**/node_modules/**", ...privileged] }
      },
      {
        extends: true,
        test: {
          name: "privileged",
          include: privileged,
          exclude: ["**/node_modules/**"],
          pool: "forks",
          testTimeout: 60_000
        }
      }
    ]
  }
})
