import { digest, hex } from "../names/hash.ts"
import type { Rootfs } from "../ops/MountOps.ts"
import type { Lease } from "./Lease.ts"

/** The directory of a mount; its name is the mount's alone: no other VM, generation or rootfs has it. */
export const resolverDirectory = (
  stateDir: string,
  { install, vm, generation }: Pick<Lease, "install" | "vm" | "generation">,
  { path, identity }: Pick<Rootfs, "path" | "identity">
): string => `${stateDir}/resolv-${hex(digest(["resolv", install, vm, `${generation}`, path, identity]), 16)}`
