import { existsSync } from "node:fs"
import { minimalEnvironment } from "../host/Process.ts"
import { controlFd, monitorFd, stateFd } from "./Emulator.ts"
import type { GuestImage } from "./GuestImage.ts"

export type Accelerator = "tcg" | "kvm"

export interface Machine {
  readonly image: GuestImage
  readonly accelerator: Accelerator
  /** MiB. */
  readonly memory: number
  /** `-netdev` and `-device`, complete. */
  readonly network: ReadonlyArray<string>
  /** Continue a saved guest, open as `stateFd`, instead of booting. */
  readonly restored: boolean
}

const qemuProgram = "qemu-system-x86_64"

/** Where the program is that a start would find. */
export const findQemu = (): string => {
  const path = minimalEnvironment.PATH.split(":")
  const found = path.map((directory) => `${directory}/${qemuProgram}`).find(existsSync)
  if (found === undefined) throw new Error(`there is no ${qemuProgram} (install qemu-system-x86)`)
  return found
}

/** What costs time while booting and does nothing for a guest that lives for a minute on an emulated processor. */
const kernelArguments = [
  "console=ttyS0",
  "quiet",
  "panic=-1",
  "mitigations=off",
  "nokaslr",
  "audit=0",
  "cryptomgr.notests",
  "noreplace-smp"
]

/** Announcing itself after a restore would show a hardware address that the guest has no more. */
const networkCard = "virtio-net-pci,netdev=n0,romfile=,guest_announce=off"

/** A network card on TAP `device`. */
export const tapNetwork = (device: string): ReadonlyArray<string> => [
  "-netdev",
  `tap,id=n0,ifname=${device},script=no,downscript=no`,
  "-device",
  networkCard
]

/** A card with no cable, for a guest that is saved before anybody knows its network. */
export const unpluggedNetwork: ReadonlyArray<string> = ["-netdev", "hubport,id=n0,hubid=0", "-device", networkCard]

export const qemuArgv = (machine: Machine): ReadonlyArray<string> => [
  qemuProgram,
  "-no-user-config",
  "-nodefaults",
  "-no-reboot",
  "-display",
  "none",
  "-accel",
  machine.accelerator,
  ...(machine.accelerator === "kvm" ? ["-cpu", "host"] : []),
  "-machine",
  "q35,usb=off,vmport=off,sata=off,smbus=off",
  "-m",
  String(machine.memory),
  "-kernel",
  machine.image.kernel,
  "-initrd",
  machine.image.initramfs,
  "-append",
  kernelArguments.join(" "),
  "-chardev",
  "stdio,id=console,signal=off",
  "-serial",
  "chardev:console",
  "-chardev",
  `socket,id=control,fd=${controlFd}`,
  "-serial",
  "chardev:control",
  "-chardev",
  `socket,id=monitor,fd=${monitorFd}`,
  "-mon",
  "chardev=monitor,mode=control",
  ...machine.network,
  ...(machine.restored ? ["-global", "migration.announce-rounds=0", "-incoming", `fd:${stateFd}`] : [])
]
