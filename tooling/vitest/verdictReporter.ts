import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node"

interface Verdict {
  readonly passed: number
  readonly failed: number
  readonly unproven: ReadonlyArray<string>
}

const title = (test: TestCase): string => `${test.module.relativeModuleId} > ${test.fullName}`

/** A test that did not run proves nothing, and a file that broke outside its tests has failed: both count as failures. */
const judge = (modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): Verdict => {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const inState = (state: string) => tests.filter((test) => test.result().state === state)
  const unproven = [...inState("skipped"), ...inState("pending")].map(title)
  const failedTests = inState("failed")
  const failedIn = new Set(failedTests.map((test) => test.module))
  const broken = modules.filter((module) => module.state() === "failed" && !failedIn.has(module))
  return {
    passed: inState("passed").length,
    failed: failedTests.length + unproven.length + broken.length + unhandled.length,
    unproven
  }
}

/** Ends the output with `N passed, N failed`, and fails a run in which a test was skipped or nothing ran. */
export default class VerdictReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    const { passed, failed, unproven } = judge(modules, unhandled)
    for (const test of unproven) process.stderr.write(`did not run: ${test}\n`)
    if (failed > 0 || passed === 0) process.exitCode = 1
    // Other reporters and the shutdown itself still print: only the exit is late enough to be last.
    process.once("exit", () => process.stdout.write(`${passed} passed, ${failed} failed\n`))
  }
}
