import type { Attachment, Backend, RequestFlags } from "@vmnet/core"

/** What a guest does that it must not get away with. */
export type HostileAct =
  /** Opens a connection to a service of the host, at the gateway's address. */
  | "gateway-service"
  /** The same at the uplink's address. */
  | "host-service"
  /** Takes its neighbour's address. */
  | "other-address"
  /** Takes another hardware address. */
  | "other-mac"
  /** Asks 169.254.169.254, which the host has. */
  | "metadata"
  /** Is routed to from the LAN, by way of the host. */
  | "lan-route"

/** Settings of a request, as they stand on the command line. */
export type SubjectFlags = Omit<Partial<RequestFlags>, "vm" | "publish">

/** A backend as the suite sees it: how one asks for it, what stands behind it, what can be expected of it. */
export interface BackendSubject {
  /** For the test's name: `bridge, a TAP`. */
  readonly title: string
  readonly backend: Backend
  /** A virtual machine booted on `attachment.device`, or a network namespace with a veth of the backend's in it. */
  readonly guest: "qemu-tap" | "netns-peer"
  /** How the host gets at a guest: at `attachment.host.address`, or by its published ports alone. */
  readonly reached: "address" | "published"
  /** Who gets at a published port besides the LAN and the host: a helper's socket is closed to guests of others. */
  readonly guestsReachPublished: boolean
  /** Whether two guests of one network get at one another at `attachment.host.address`. */
  readonly siblings: "reachable" | "apart"
  /**
   * What its guests get at of another backend's: `published` ports alone, if absent, or whatever the host gets at, where
   * it is a process of the host that connects for them.
   */
  readonly reaches?: "published" | "as-the-host"
  readonly hostile: ReadonlyArray<HostileAct>
  /**
   * Whether UDP that the host sends from its own 127.0.0.1 to a published port has an answer; `answered`, if absent. To a
   * guest of a user-mode network that client is the host's side of the network, and what the guest sends there is
   * dropped with all that is meant for the host's loopback.
   */
  readonly loopbackDatagrams?: "answered" | "unanswered"
  readonly flags?: SubjectFlags
  /** A configuration file's text. */
  readonly config?: string
  /** An argv to start QEMU behind, where the path of a namespace alone does not lead to the device. */
  readonly enter?: (attachment: Attachment) => ReadonlyArray<string>
}

/** The milliseconds that all tests of a file may take in the worst case, and any one of them. */
export const patience = { file: 120_000, test: 60_000 } as const
