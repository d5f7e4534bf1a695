import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import { stepError } from "../errors/stepError.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { quote } from "../names/quote.ts"
import { type MountFinding, type ResolverMount, resolverPath } from "../ops/MountOps.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"

/** Where a relative path leads depends on who is asked: this process, or a daemon for it. */
export const requireAbsolute = (vm: string, rootfs: string): Effect.Effect<void, VmnetError> =>
  rootfs.startsWith("/") && !rootfs.includes("\0")
    ? Effect.void
    : Effect.fail(
        new VmnetError({
          code: "BAD_INPUT",
          detail: `${vm}: rootfs ${quote(rootfs)} is not an absolute path`,
          hint: 'Give it from / on: --rootfs "$PWD/DIR"',
          details: { vm, rootfs }
        })
      )

/** A directory that cannot be a guest's root, in the words of whoever looked at it. */
export const refusedRootfs = (vm: string, rootfs: string, error: OpsError): VmnetError =>
  error.reason === "Missing" || error.reason === "Invalid"
    ? new VmnetError({
        code: "BAD_INPUT",
        detail: `${vm}: rootfs ${quote(rootfs)}: ${error.output}`,
        hint: "It has to be the directory that the guest sees as /, with a directory etc and no symbolic link at etc/resolv.conf.",
        details: { vm, rootfs, reason: error.reason },
        cause: error
      })
    : stepError(vm, `look at rootfs ${quote(rootfs)}`, error)

/** No file is better than an empty one: the guest would ask 127.0.0.1. */
export const noResolver = ({ vm, network }: AttachRequest): VmnetError =>
  new VmnetError({
    code: "BAD_INPUT",
    detail: `${vm} has no resolver: network ${network.network} was given none, and the host has none that a guest could use`,
    hint: `Set networks.${network.network}.dns, then vmnet down ${vm} and up again.`,
    details: { vm, network: network.network }
  })

/** Nothing is undone and nothing put on top of what somebody else has there. */
export const standsInTheWay = (
  vm: string,
  mount: ResolverMount,
  finding: Extract<MountFinding, { readonly detail: string }>
): VmnetError =>
  new VmnetError({
    code: "VM_CONFLICT",
    detail: `${vm}: ${quote(resolverPath(mount))} is mounted already, but ${finding.detail}`,
    hint:
      finding._tag === "Covered"
        ? "Unmount what lies on top first."
        : "Run the command in that mount namespace, or take the VM down there.",
    details: { vm, rootfs: mount.rootfs.path }
  })
