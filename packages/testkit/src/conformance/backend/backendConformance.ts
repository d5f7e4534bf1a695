import { layer } from "@effect/vitest"
import { type BackendSubject, patience } from "./BackendSubject.ts"
import { dns } from "./dns.ts"
import { faults } from "./faults.ts"
import { flows } from "./flows.ts"
import { isolation } from "./isolation.ts"
import { parallel } from "./parallel.ts"
import { publishing } from "./publishing.ts"
import { refusals } from "./refusals.ts"
import { layerOnPrivateHost } from "./services.ts"
import type { SuiteOptions, SuitePart } from "./suiteTests.ts"
import { traffic } from "./traffic.ts"

const parts = { traffic, publishing, flows, dns, isolation, refusals, faults, parallel } satisfies Record<
  string,
  SuitePart
>

/**
 * What every backend must do, on the real kernel of a private network and mount namespace, with a real guest behind
 * it. Call it at the top of a privileged test file, once for each subject; every test leaves the host as it found it.
 */
export const backendConformance = (subject: BackendSubject, options: Omit<SuiteOptions, "backends">): void => {
  const all: SuiteOptions = { ...options, backends: [subject.backend] }
  for (const [words, part] of Object.entries(parts)) {
    layer(layerOnPrivateHost(all), { excludeTestServices: true, timeout: patience.test })(
      `${subject.title}: ${words}`,
      (it) => part(it, subject, all)
    )
  }
}
