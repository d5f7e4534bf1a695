import { CommandsExeca } from "@vmnet/ops-exec"
import { NatOpsNetfilter } from "@vmnet/ops-native"
import { natFixtures, natOpsConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { kernelFixture } from "../../../ops-exec/test/support/kernelFixture.ts"

const { install } = natFixtures

natOpsConformance("in this process", () =>
  Layer.merge(NatOpsNetfilter.layer({ install }).pipe(Layer.provide(CommandsExeca.layer)), kernelFixture(install))
)
