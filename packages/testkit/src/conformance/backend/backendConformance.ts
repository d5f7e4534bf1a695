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

export type SuiteWords = keyof typeof parts

const everything = Object.keys(parts) as ReadonlyArray<SuiteWords>

/**
 * What may come out otherwise by another way to the kernel: whether packets go where they are to go, and nowhere else. What is refused
 * and what names are answered is the same; faults strike at the operations, whatever is below them; and what runs at once are
 * commands, which choose for themselves.
 */
export const partsByWay = ["traffic", "publishing", "isolation"] as const satisfies ReadonlyArray<SuiteWords>

/**
 * What every backend must do, on the real kernel of a private network and mount namespace, with a real guest behind
 * it. Call it at the top of a privileged test file, once for each subject; every test leaves the host as it found it.
 * All parts by the way that is the default, `partsByWay` by each of the others.
 */
export const backendConformance = (
  subject: BackendSubject,
  options: Omit<SuiteOptions, "backends">,
  which: ReadonlyArray<SuiteWords> = everything
): void => {
  const all: SuiteOptions = { ...options, backends: [subject.backend] }
  const title = options.way === undefined ? subject.title : `${subject.title} (${options.way})`
  for (const words of which) {
    layer(layerOnPrivateHost(all), { excludeTestServices: true, timeout: patience.test })(`${title}: ${words}`, (it) =>
      parts[words](it, subject, all)
    )
  }
}
