import { tableName } from "./layout.ts"

/**
 * The firewall of a guest's own namespace, as text: one table that comes and goes with its `Slot`. Only the checked
 * install id is put in; who the guest is and how its devices are called lives in the sets, under the owner's comment.
 * The namespace is nobody else's, so its chains drop what they do not name, and go on dropping when a set is emptied.
 *
 * - `raw`: what comes in is the guest itself (its MAC and its address, IPv4 only) or came by the uplink; nobody gets at
 *   the loopback. What is dropped here never has a connection entry.
 * - `prerouting`, `postrouting`: outside the guest has its outside address, in both directions.
 * - `forward`: only between guest and uplink. A connection that is invalid has no translation: it would leave as it came.
 *   Towards the guest only what was sent to its outside address, and answers; errors about a connection count as one or
 *   the other (`CTINFO2DIR`). Link-local services are not for guests.
 * - `input`: nothing in here is reached but by ping from the guest; answers to what a program in here asked come in.
 */
export const slotLayoutText = (install: string): string => `\
table inet ${tableName(install)} {
  set slot_guests {
    type ifname . ether_addr . ipv4_addr
  }
  set slot_links {
    type ifname . ifname
  }
  set slot_uplinks {
    type ifname
  }
  map slot_snat {
    type ifname . ipv4_addr : ipv4_addr
  }
  map slot_dnat {
    type ifname . ipv4_addr : ipv4_addr
  }
  chain raw {
    type filter hook prerouting priority raw; policy drop;
    iifname "lo" accept
    meta nfproto != ipv4 drop
    ip saddr 127.0.0.0/8 drop
    ip daddr 127.0.0.0/8 drop
    iifname . ether saddr . ip saddr @slot_guests accept
    iifname @slot_uplinks accept
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    dnat ip to iifname . ip daddr map @slot_dnat
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    snat ip to oifname . ip saddr map @slot_snat
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state invalid drop
    iifname . oifname @slot_links jump from_guest
    oifname . iifname @slot_links jump to_guest
  }
  chain from_guest {
    ct direction original ip daddr 169.254.0.0/16 drop
    accept
  }
  chain to_guest {
    ct status dnat accept
    ct direction reply accept
    drop
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct direction reply accept
    iifname . ether saddr . ip saddr @slot_guests icmp type echo-request accept
  }
}
`
