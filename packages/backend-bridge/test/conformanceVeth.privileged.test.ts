import { backendConformance } from "@vmnet/testkit/conformance"
import { suiteOptions, veths } from "./support/subjects.ts"

backendConformance(veths, suiteOptions)
