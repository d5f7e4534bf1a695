import type { Attachment } from "@vmnet/core"
import type { Refusal } from "./Format.ts"

/** What `-o` of a VMM says of a VM that has no TAP for it to open. */
export const onlyTap = ({ vm, device }: Attachment): Refusal | undefined =>
  device.kind === "tap"
    ? undefined
    : {
        detail: `a VMM opens a TAP, and the device of ${vm} is a ${device.kind}`,
        hint: "Use -o json, env or cloud-init; a TAP is what up makes without --netns and --pid."
      }
