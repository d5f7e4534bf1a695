import { layerExec } from "@vmnet/ops-exec"
import { backendConformance, partsByWay, suiteOn } from "@vmnet/testkit/conformance"
import { slots } from "./support/subject.ts"

backendConformance(slots, suiteOn("exec", layerExec), partsByWay)
