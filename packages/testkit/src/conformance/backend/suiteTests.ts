import type { Vitest } from "@effect/vitest"
import type { PrivateHost } from "../../host/PrivateHost.ts"
import type { BackendSubject } from "./BackendSubject.ts"
import type { Service, ServiceOptions } from "./services.ts"

export type BackendTests = Vitest.MethodsNonLive<Service | PrivateHost>

/** One part of the suite: its tests, for one subject. */
export type SuitePart = (it: BackendTests, subject: BackendSubject, options: SuiteOptions) => void

export interface SuiteOptions extends ServiceOptions {
  /** How the kernel is reached, for the tests' names. */
  readonly way?: string
  /** Path of the built `vmnet`, for what several processes do at once. */
  readonly vmnet: string
}
