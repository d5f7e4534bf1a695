import { linkOpsConformance, sysctlOpsConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { kernelFixture } from "../../../ops-exec/test/support/kernelFixture.ts"
import { inProcess, install } from "../layers.ts"

const onTheKernel = () => Layer.merge(inProcess, kernelFixture(install))

linkOpsConformance("over rtnetlink", onTheKernel)
sysctlOpsConformance("over /proc/sys, in this process", onTheKernel)
