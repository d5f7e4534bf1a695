import { backendConformance } from "@vmnet/testkit/conformance"
import { native, taps } from "./support/subjects.ts"

backendConformance(taps, native)
