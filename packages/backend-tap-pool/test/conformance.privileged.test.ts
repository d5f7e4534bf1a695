import { backendConformance } from "@vmnet/testkit/conformance"
import { suiteOptions, taps } from "./support/subjects.ts"

backendConformance(taps, suiteOptions)
