import { type Entry, present } from "./entry.ts"

/** What `ip -details -json address show` prints, as far as it is compared. */
interface Link {
  readonly ifname: string
  readonly flags?: ReadonlyArray<string>
  readonly addr_info?: ReadonlyArray<Address>
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Data; readonly info_slave_data?: Data }
  readonly [field: string]: unknown
}

type Data = Readonly<Record<string, unknown>>

interface Address {
  readonly family?: string
  readonly local?: string
  readonly prefixlen?: number
  readonly address?: string
  readonly [field: string]: unknown
}

/** Carrier follows the other end and is reported late; what a link is told to be is in the other flags. */
const carrierFlags = new Set(["LOWER_UP", "NO-CARRIER", "RUNNING", "DORMANT", "M-DOWN"])

/** Settings of a bridge, TAP, veth or VLAN. The rest is a timer, a counter, or set by who attaches. */
const linkSettings = [
  "stp_state",
  "vlan_filtering",
  "group_fwd_mask",
  "mcast_snooping",
  "nf_call_iptables",
  "nf_call_ip6tables",
  "nf_call_arptables",
  "type",
  "user",
  "group",
  "persist",
  "multi_queue",
  "mode",
  "id"
]

/** Settings of a bridge port, and what a new port has: told only when they differ, or each new port would be a page. */
const portDefaults: Data = {
  hairpin: false,
  guard: false,
  isolated: false,
  learning: true,
  flood: true,
  neigh_suppress: false,
  proxy_arp: false,
  group_fwd_mask: "0"
}

const linkData = (data: Data = {}) => Object.fromEntries(linkSettings.map((name) => [`link.${name}`, data[name]]))

const portData = (data: Data = {}) =>
  Object.fromEntries(
    Object.entries(portDefaults)
      .filter(([name, usual]) => data[name] !== usual)
      .map(([name]) => [`port.${name}`, data[name]])
  )

export const linkEntries = (links: ReadonlyArray<Link>): ReadonlyArray<Entry> =>
  links.map((link) => ({
    key: link.ifname,
    attributes: present({
      kind: link.linkinfo?.info_kind,
      mac: link["address"],
      mtu: link["mtu"],
      master: link["master"],
      link: link["link"],
      alias: link["ifalias"],
      group: link["group"],
      // `noop` is what a link has until it is first up; a link without queue has `noqueue` for ever after.
      qdisc: link["qdisc"] === "noop" ? "noqueue" : link["qdisc"],
      promiscuity: link["promiscuity"],
      allmulti: link["allmulti"],
      altnames: link["altnames"],
      xdp: link["xdp"] === undefined ? undefined : JSON.stringify(link["xdp"]),
      flags: link.flags?.filter((flag) => !carrierFlags.has(flag)),
      ...linkData(link.linkinfo?.info_data),
      ...portData(link.linkinfo?.info_slave_data)
    })
  }))

/** Boolean fields of an address that say how it is meant; `tentative` and the like say how far the kernel is with it. */
const intentions = ["secondary", "dynamic", "mngtmpaddr", "noprefixroute", "nodad", "home", "temporary"]

const addressEntry = (link: string, one: Address): Entry => ({
  key: `${one.local}/${one.prefixlen} dev ${link}`,
  attributes: present({
    peer: one.address,
    broadcast: one["broadcast"],
    scope: one["scope"],
    label: one["label"],
    metric: one["metric"],
    protocol: one["protocol"],
    flags: intentions.filter((name) => one[name] === true)
  })
})

export const addressEntries = (links: ReadonlyArray<Link>): ReadonlyArray<Entry> =>
  links.flatMap((link) =>
    (link.addr_info ?? []).filter((one) => one.local !== undefined).map((one) => addressEntry(link.ifname, one))
  )

export const parseLinks = (json: string): ReadonlyArray<Link> => {
  const links = JSON.parse(json === "" ? "[]" : json) as ReadonlyArray<Partial<Link>>
  // `ip` prints an empty object for a link that vanished while it was looking.
  return links.filter((link): link is Link => link.ifname !== undefined)
}
