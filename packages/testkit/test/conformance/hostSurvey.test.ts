import { MemoryKernel } from "@vmnet/testkit"
import { hostSurveyConformance } from "@vmnet/testkit/conformance"

hostSurveyConformance("in memory", () => MemoryKernel.make().layer)
