import { layerExec } from "@vmnet/ops-exec"
import { backendConformance, partsByWay, suiteOn } from "@vmnet/testkit/conformance"
import { veths } from "./support/subjects.ts"

// Of the two devices the one that costs no boot: TAPs made by programs are tried by the tap backend.
backendConformance(veths, suiteOn("exec", layerExec), partsByWay)
