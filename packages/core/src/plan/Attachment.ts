import { Schema } from "effect"

/** The name of a way to give a VM its network: `bridge`, `netns`, `tap`, `slirp`, or that of somebody else's backend. */
export const BackendKind = Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9-]{0,30}$/))
export type BackendKind = typeof BackendKind.Type

/** A published range as it is in force. `hostAddress` is `0.0.0.0` for every address of the host. */
export const Published = Schema.Struct({
  protocol: Schema.Literals(["tcp", "udp"]),
  hostAddress: Schema.String,
  hostPort: Schema.Finite,
  guestPort: Schema.Finite,
  /** How many consecutive ports, 1 for a single one. */
  count: Schema.Finite
})
export type Published = typeof Published.Type

export const LeaseState = Schema.Literals(["configuring", "active", "releasing", "failed"])
export type LeaseState = typeof LeaseState.Type

/**
 * What a VMM needs to know to use its network, and what `up`, `show` and `ls` print. `device.netns` is null in the host's
 * own namespace; `device.mac` is the host side's, `guest.mac` what the VMM must give the guest's interface.
 */
export const Attachment = Schema.Struct({
  apiVersion: Schema.Literal("vmnet/v1"),
  vm: Schema.String,
  generation: Schema.Finite,
  backend: BackendKind,
  network: Schema.String,
  state: LeaseState,
  guest: Schema.Struct({
    address: Schema.String,
    gateway: Schema.String,
    mac: Schema.String,
    dns: Schema.Array(Schema.String),
    mtu: Schema.Finite
  }),
  host: Schema.Struct({
    /** The address the host reaches the guest at; 127.0.0.1 where only published ports lead to it. */
    address: Schema.String,
    uplink: Schema.NullOr(Schema.String)
  }),
  device: Schema.Struct({
    kind: Schema.Literals(["tap", "veth", "socket"]),
    name: Schema.String,
    netns: Schema.NullOr(Schema.String),
    mac: Schema.NullOr(Schema.String)
  }),
  publish: Schema.Array(Published),
  /** The process it was for has ended: the next `gc` takes it down. Absent otherwise. */
  ownerEnded: Schema.optionalKey(Schema.Literal(true))
})
export type Attachment = typeof Attachment.Type
