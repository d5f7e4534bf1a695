import type { InterfacePrefix } from "../../names/InterfaceName.ts"

/** What the devices of guests begin with on the host: bridges, TAPs on links of their own, the ends of slots and veths. */
export const guestDevices: ReadonlyArray<InterfacePrefix> = ["vmb", "vmt", "vmv"]

/** A way through the host: from and to a device, that of a guest named by what its name begins with. */
export interface Way {
  readonly in: PacketDevice
  readonly out: PacketDevice
  readonly state: "new" | "established"
}

/** `other` is any device that is no guest's; its name, where it is known, is that of the uplink. */
export type PacketDevice =
  | { readonly _tag: "Guest"; readonly prefix: InterfacePrefix }
  | { readonly _tag: "Other"; readonly link: string | null }

export const guest = (prefix: InterfacePrefix): PacketDevice => ({ _tag: "Guest", prefix })
export const other = (link: string | null): PacketDevice => ({ _tag: "Other", link })
