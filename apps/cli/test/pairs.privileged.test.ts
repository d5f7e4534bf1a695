import { layerExec } from "@vmnet/ops-exec"
import { backendPairs } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { subjects } from "./support/subjects.ts"

const install = "0123abcd"

backendPairs(subjects, { install, ops: Layer.orDie(layerExec({ install })) })
