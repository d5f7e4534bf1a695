import { backendConformance } from "@vmnet/testkit/conformance"
import { native, slots } from "./support/subject.ts"

backendConformance(slots, native)
