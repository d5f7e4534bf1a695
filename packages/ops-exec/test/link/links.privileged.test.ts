import { layerExec } from "@vmnet/ops-exec"
import { linkScenarios } from "./linkScenarios.ts"

linkScenarios("links over ip", () => layerExec({ install: "0a1b2c3d" }))
