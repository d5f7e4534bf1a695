import { layerExec } from "@vmnet/ops-exec"
import { backendConformance, partsByWay, suiteOn } from "@vmnet/testkit/conformance"
import { taps } from "./support/subjects.ts"

backendConformance(taps, suiteOn("exec", layerExec), partsByWay)
