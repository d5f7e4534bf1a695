import { Effect } from "effect"
import type { Format } from "./Format.ts"

/** `network-config` of cloud-init. Also for a veth: what boots in a container may be a system with cloud-init too. */
export const cloudInit: Format = {
  id: "cloud-init",
  prints: "attachment",
  // The YAML library is a chunk of its own: nobody else pays for it.
  render: (attachment) =>
    Effect.map(
      Effect.promise(() => import("./networkConfig.ts")),
      ({ networkConfigYaml }) => networkConfigYaml(attachment)
    )
}
