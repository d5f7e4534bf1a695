import { layerExec } from "@vmnet/ops-exec"
import { backendConformance, partsByWay, suiteOn } from "@vmnet/testkit/conformance"
import { veths } from "./support/subjects.ts"

backendConformance(veths, suiteOn("exec", layerExec), partsByWay)
