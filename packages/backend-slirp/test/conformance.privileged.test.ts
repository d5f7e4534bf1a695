import { backendConformance } from "@vmnet/testkit/conformance"
import { slirp, suiteOptions } from "./support/subjects.ts"

backendConformance(slirp, suiteOptions)
