import { VmnetError } from "@vmnet/core"

/** Everything the demo may stumble over is shown like any other error of vmnet. */
export const demoFailed = (cause: Error): VmnetError =>
  cause instanceof VmnetError
    ? cause
    : new VmnetError({
        code: "STEP_FAILED",
        detail: `demo: ${cause.message}`,
        hint: "Debian's programs it needs: iproute2 nftables qemu-system-x86 busybox-static cpio and the cloud kernel.",
        cause
      })
