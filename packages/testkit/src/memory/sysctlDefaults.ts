/** `net.ipv4.conf.default.*` of Linux 6.18; `all` differs where `conf4All` says so. */
export const conf4: Readonly<Record<string, string>> = {
  accept_local: "0",
  accept_redirects: "1",
  accept_source_route: "1",
  arp_accept: "0",
  arp_announce: "0",
  arp_filter: "0",
  arp_ignore: "0",
  arp_notify: "0",
  bc_forwarding: "0",
  bootp_relay: "0",
  disable_policy: "0",
  disable_xfrm: "0",
  forwarding: "0",
  ignore_routes_with_linkdown: "0",
  log_martians: "0",
  mc_forwarding: "0",
  medium_id: "0",
  promote_secondaries: "0",
  proxy_arp: "0",
  proxy_arp_pvlan: "0",
  route_localnet: "0",
  rp_filter: "0",
  secure_redirects: "1",
  send_redirects: "1",
  shared_media: "1",
  src_valid_mark: "0",
  tag: "0"
}

export const conf4All: Readonly<Record<string, string>> = { accept_source_route: "0" }

/** `net.ipv6.conf.default.*`, the part a host network has to do with. */
export const conf6: Readonly<Record<string, string>> = {
  accept_dad: "1",
  accept_ra: "1",
  accept_redirects: "1",
  accept_source_route: "0",
  addr_gen_mode: "0",
  autoconf: "1",
  disable_ipv6: "0",
  force_forwarding: "0",
  forwarding: "0",
  proxy_ndp: "0"
}

/** `net.ipv4.neigh.default.*`, the part a host network has to do with. */
export const neigh4: Readonly<Record<string, string>> = { proxy_delay: "80" }

/** Parameters of the whole namespace. */
export const scalars: Readonly<Record<string, string>> = {
  "net/ipv4/ip_local_port_range": "32768\t60999",
  "net/ipv4/ip_nonlocal_bind": "0",
  "net/bridge/bridge-nf-call-arptables": "1",
  "net/bridge/bridge-nf-call-ip6tables": "1",
  "net/bridge/bridge-nf-call-iptables": "1"
}
