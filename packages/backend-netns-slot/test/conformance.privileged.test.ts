import { backendConformance } from "@vmnet/testkit/conformance"
import { slots, suiteOptions } from "./support/subject.ts"

backendConformance(slots, suiteOptions)
