import type { RetiredSet } from "./restore.ts"

/** Both tables of an install have this name, one in family `inet` and one in family `bridge`. */
export const tableName = (install: string): string => `vmnet_${install}`

export const families = ["inet", "bridge"] as const
export type NftFamily = (typeof families)[number]

export const isInstall = (install: string): boolean => /^[0-9a-f]{8}$/.test(install)

/** Sets that the layout of an older version has. Tables say no version: whatever differs from ours is `altered`, and restored. */
export const retiredSets = (install: string): ReadonlyArray<RetiredSet> => [
  { set: `inet ${tableName(install)} hairpins`, type: "ifname . ifname" }
]

/**
 * The firewall layout of an install, as text: `nft` 1.0.6 cannot declare a map with concatenated data in JSON. Only the
 * checked install id is put in. What varies lives in the sets and maps; the chains are never re-created.
 *
 * - `detached`: nothing comes or goes through a device that is being taken away, before anything else looks at it. What leaves is
 *   stopped where all of it comes by, forwarded or the host's own; where the device is a port, the bridge family stops it.
 * - `raw`: nobody reaches the host's loopback, or answers from it, through a guest device.
 * - `renew`: a flow through a published port carries the mark that the port has now, not the one it began with. A client
 *   that never falls silent keeps its entry in conntrack for ever: this is how it meets a port that was taken back and
 *   published again. Where its entry leads is checked on the way: `targets` has the mark with its address and port.
 * - `prerouting`, `output`: published ports, on one address of the host or on all of them. The mark goes in first.
 * - `postrouting`: guests leave masqueraded; a guest reaching a sibling or itself through a published port (hairpin)
 *   and the host doing so from 127.0.0.1 are masqueraded too, or the answer would not come back this way.
 * - `from_guest`: only its own address, only answers of live connections and of no others, published ports of ours by the guest's
 *   verdict, nothing else towards our other devices or link-local services, then what the guest's verdict says.
 * - `admit`: comes back for who may go anywhere, goes on for who is `listed`, drops who may go nowhere. The verdicts name no chain:
 *   for an element that does, the kernel walks all elements of its map (`nft_table_validate`), at every attach.
 * - `to_guest`: only connections whose mark is live for the address. `to_host`: only its own address here too; ping, and what `trusted` opens.
 * - `bridge`: frames of a port carry its own MAC and IPv4 address or are dropped, ARP included, everything else too; a
 *   port that waits for its guest (`closed`) has neither.
 */
export const layoutText = (install: string): string => {
  const table = tableName(install)
  return `\
table inet ${table} {
  set segments {
    type ifname
  }
  set pairs {
    type ifname . ifname
  }
  set masqueraded {
    type ifname
  }
  set trusted {
    type ifname
  }
  map guests {
    type ifname . ipv4_addr : verdict
  }
  set egress {
    type ipv4_addr . ipv4_addr . inet_proto . inet_service
    flags interval
  }
  set egress_any {
    type ipv4_addr . ipv4_addr
    flags interval
  }
  map generations {
    type ipv4_addr : mark
  }
  set live {
    type ipv4_addr . mark
  }
  map publish {
    type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service
  }
  map publish_any {
    type inet_proto . inet_service : ipv4_addr . inet_service
  }
  map publish_marks {
    type inet_proto . ipv4_addr . inet_service : mark
  }
  map publish_any_marks {
    type inet_proto . inet_service : mark
  }
  set detached {
    type ifname
  }
  chain raw {
    type filter hook prerouting priority raw; policy accept;
    iifname @detached drop
    iifname @segments ip daddr 127.0.0.0/8 drop
    iifname @segments ip saddr 127.0.0.0/8 drop
  }
  set targets {
    type inet_proto . ipv4_addr . inet_service . mark
  }
  chain renew_in {
    type filter hook prerouting priority mangle; policy accept;
    ct status dnat ct direction original fib daddr type local jump renew
  }
  chain renew_out {
    type filter hook output priority mangle; policy accept;
    ct status dnat ct direction original fib daddr type local jump renew
  }
  chain renew {
    ct mark set meta l4proto . ip daddr . th dport map @publish_marks
    ct mark set meta l4proto . th dport map @publish_any_marks
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local ct mark set meta l4proto . ip daddr . th dport map @publish_marks
    fib daddr type local dnat ip to meta l4proto . ip daddr . th dport map @publish
    fib daddr type local ct mark set meta l4proto . th dport map @publish_any_marks
    fib daddr type local dnat ip to meta l4proto . th dport map @publish_any
  }
  chain output {
    type nat hook output priority -100; policy accept;
    fib daddr type local ct mark set meta l4proto . ip daddr . th dport map @publish_marks
    fib daddr type local dnat ip to meta l4proto . ip daddr . th dport map @publish
    fib daddr type local ct mark set meta l4proto . th dport map @publish_any_marks
    fib daddr type local dnat ip to meta l4proto . th dport map @publish_any
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    iifname @masqueraded oifname != @segments masquerade
    ct status dnat oifname . ip saddr @guests masquerade
    ip saddr 127.0.0.0/8 oifname @segments masquerade
  }
  chain detached_out {
    type filter hook postrouting priority raw; policy accept;
    oifname @detached drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname @segments jump from_guest
    oifname @segments jump to_guest
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname @segments jump to_host
  }
  chain from_guest {
    meta nfproto != ipv4 drop
    iifname . ip saddr != @guests drop
    ct direction reply meta l4proto . ip saddr . th sport . ct mark @targets accept
    ct state related ip saddr . ct mark @live accept
    ct status dnat meta l4proto . ip daddr . th dport . ct mark @targets jump to_published
    iifname . oifname @pairs oifname . ip daddr @guests accept
    ct direction reply drop
    oifname @segments drop
    ip daddr 169.254.0.0/16 drop
    jump admit
    goto open
  }
  chain to_published {
    iifname . oifname @pairs accept
    jump admit
    goto open
  }
  chain to_guest {
    ct direction reply ip daddr . ct mark @live accept
    ct status dnat meta l4proto . ip daddr . th dport . ct mark @targets accept
    ct state related ip daddr . ct mark @live accept
    iifname . oifname @pairs accept
    drop
  }
  chain to_host {
    meta nfproto != ipv4 drop
    iifname . ip saddr != @guests drop
    ct status dnat ct direction reply ip saddr . ct mark != @live drop
    ct status dnat ct direction reply ct state != related meta l4proto . ip saddr . th sport . ct mark != @targets drop
    ct direction reply accept
    ct state related accept
    iifname @trusted accept
    icmp type echo-request accept
    drop
  }
  chain admit {
    iifname . ip saddr vmap @guests
    iifname . ip saddr @guests goto listed
    drop
  }
  chain open {
    ct status dnat ip daddr . ct mark @live accept
    ct direction original ip saddr . ct mark != @live ct mark set ip saddr map @generations
    accept
  }
  chain listed {
    ip saddr . ip daddr . meta l4proto . th dport @egress goto open
    ip saddr . ip daddr @egress_any goto open
    drop
  }
}
table bridge ${table} {
  set ports {
    type ifname
  }
  set closed {
    type ifname
  }
  set bindings {
    type ifname . ether_addr . ipv4_addr
  }
  set detached_ports {
    type ifname
  }
  chain detached_out {
    type filter hook postrouting priority -300; policy accept;
    oifname @detached_ports drop
  }
  chain prerouting {
    type filter hook prerouting priority -300; policy accept;
    iifname @detached_ports drop
    iifname @ports jump guard
    iifname @closed jump guard
  }
  chain guard {
    iifname . ether saddr . ip saddr @bindings accept
    iifname . ether saddr . arp saddr ip @bindings accept
    drop
  }
}
`
}
