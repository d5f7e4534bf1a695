import { resourceName } from "../resource/identity.ts"
import type { Resource } from "../resource/Resource.ts"
import type { ErrorCode } from "./ErrorCode.ts"
import type { OpsError, OpsReason } from "./OpsError.ts"
import { VmnetError } from "./VmnetError.ts"

const codeOf: Partial<Record<OpsReason, ErrorCode>> = {
  Exists: "NAME_TAKEN",
  Denied: "NO_PERMISSION",
  ToolMissing: "TOOL_MISSING",
  Unsupported: "HOST_NOT_CAPABLE"
}

/** What is in the way of a port is no object with a name. */
const codeOfPort: Partial<Record<OpsReason, ErrorCode>> = { ...codeOf, Exists: "PORT_IN_USE" }

const isPort = (resource: Resource | undefined): boolean => resource?.kind === "Forward"

const hintOf: Partial<Record<OpsReason, string>> = {
  Exists:
    "Something that vmnet did not make for this VM is in its place; it was left alone. Look at it with `ip -d link` or `nft list ruleset`.",
  Denied: "Run as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN.",
  ToolMissing: "Install it: apt-get install iproute2 nftables util-linux",
  Busy: "Something else is changing the same object; try again."
}

/** A step of a verb that the kernel refused: names verb and VM, step and object, and keeps the cause. */
export const stepError = (subject: string, step: string, error: OpsError, resource?: Resource): VmnetError => {
  const hint = error.hint ?? hintOf[error.reason]
  return new VmnetError({
    code: (isPort(resource) ? codeOfPort : codeOf)[error.reason] ?? "STEP_FAILED",
    detail: `${subject}: ${step}: ${error.message}`,
    ...(hint === undefined ? {} : { hint }),
    details: {
      subject,
      step,
      action: error.action,
      reason: error.reason,
      output: error.output.trim(),
      ...(resource === undefined ? {} : { kind: resource.kind, name: resourceName(resource) })
    },
    cause: error
  })
}
