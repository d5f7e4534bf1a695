import { layerNative } from "@vmnet/ops-native"
import { backendPairs, suiteOn } from "@vmnet/testkit/conformance"
import { subjects } from "./support/subjects.ts"

backendPairs(subjects, suiteOn("native", layerNative))
