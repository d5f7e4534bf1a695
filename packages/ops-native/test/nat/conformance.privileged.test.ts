import { CommandsExeca } from "@vmnet/ops-exec"
import { NatOpsNetfilter } from "@vmnet/ops-native"
import { natOpsConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { kernelFixture } from "../../../ops-exec/test/support/kernelFixture.ts"

const install = "0a1b2c3d"

natOpsConformance("in this process", () =>
  Layer.merge(NatOpsNetfilter.layer({ install }).pipe(Layer.provide(CommandsExeca.layer)), kernelFixture(install))
)
