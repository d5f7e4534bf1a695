import { layerExec } from "@vmnet/ops-exec"
import {
  hostProbeConformance,
  hostSurveyConformance,
  linkOpsConformance,
  natOpsConformance,
  sysctlOpsConformance
} from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { hostFixture } from "./support/hostFixture.ts"
import { kernelFixture } from "./support/kernelFixture.ts"
import { ip } from "./support/programs.ts"

const install = "0a1b2c3d"

// 127.0.0.1 can be bound once the loopback device is up.
ip("link", "set", "dev", "lo", "up")

const onTheKernel = () => Layer.merge(layerExec({ install }), kernelFixture(install))

linkOpsConformance("over ip", onTheKernel)
natOpsConformance("over nft", onTheKernel)
sysctlOpsConformance("over /proc/sys", onTheKernel)
hostProbeConformance("over /proc", () => Layer.merge(layerExec({ install }), hostFixture))
hostSurveyConformance("over /proc, nft and iptables-legacy", () => layerExec({ install }))
