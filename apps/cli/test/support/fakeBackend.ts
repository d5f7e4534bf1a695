import { type Backend, bridgeSection } from "@vmnet/core"
import { Result } from "effect"

/** A backend by name only: the fake `Vmnet` never asks it for a plan. */
export const fakeBackend: Backend = {
  kind: "bridge",
  section: bridgeSection,
  defaultNetwork: { subnet: "10.0.42.0/24", addressing: "hash" },
  validate: () => Result.succeed(undefined),
  plan: () => {
    throw new Error("the fake Vmnet plans by itself")
  },
  publish: () => []
}
