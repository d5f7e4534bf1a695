import { layerExec } from "@vmnet/ops-exec"
import { mountOpsConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { mountFixture } from "../support/mountFixture.ts"

mountOpsConformance("over mount(8)", () => Layer.merge(layerExec({ install: "0a1b2c3d" }), mountFixture))
