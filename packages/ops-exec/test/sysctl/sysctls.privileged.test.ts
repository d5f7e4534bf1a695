import { layerExec } from "@vmnet/ops-exec"
import { sysctlScenarios } from "./sysctlScenarios.ts"

sysctlScenarios("sysctls over /proc/sys", () => layerExec({ install: "0a1b2c3d" }))
