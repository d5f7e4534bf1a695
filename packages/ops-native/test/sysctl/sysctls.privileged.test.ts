import { sysctlScenarios } from "../../../ops-exec/test/sysctl/sysctlScenarios.ts"
import { inProcess } from "../layers.ts"

sysctlScenarios("sysctls in this process", () => inProcess)
