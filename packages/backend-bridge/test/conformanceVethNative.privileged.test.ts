import { backendConformance } from "@vmnet/testkit/conformance"
import { native, veths } from "./support/subjects.ts"

backendConformance(veths, native)
