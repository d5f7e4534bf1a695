import { linkScenarios } from "../../../ops-exec/test/link/linkScenarios.ts"
import { inProcess } from "../layers.ts"

linkScenarios("links over rtnetlink", () => inProcess)
