/** One change of a host, how to take it back, and the lines that a snapshot must tell about it. */
export interface Change {
  readonly title: string
  readonly make: ReadonlyArray<ReadonlyArray<string>>
  readonly undo: ReadonlyArray<ReadonlyArray<string>>
  readonly lines: ReadonlyArray<string>
}

const ip = (text: string) => ["ip", ...text.split(" ")]
const nft = (text: string) => ["nft", text]

const linkChanges: ReadonlyArray<Change> = [
  { title: "a new link", make: [ip("link add br9 type bridge")], undo: [ip("link delete br9")], lines: ["+ link br9"] },
  {
    title: "an alias",
    make: [["ip", "link", "set", "eth0", "alias", "somebody's"]],
    undo: [["ip", "link", "set", "eth0", "alias", ""]],
    lines: ["~ link eth0 alias none -> somebody's"]
  },
  {
    title: "a hardware address",
    make: [ip("link set eth0 address 02:00:00:00:00:99")],
    undo: [ip("link set eth0 address 02:76:6d:6e:00:00")],
    lines: ["~ link eth0 mac 02:76:6d:6e:00:00 -> 02:00:00:00:00:99"]
  },
  {
    title: "an MTU",
    make: [ip("link set eth0 mtu 1400")],
    undo: [ip("link set eth0 mtu 1500")],
    lines: ["~ link eth0 mtu 1500 -> 1400", "~ sysctl net.ipv6.conf.eth0.mtu 1500 -> 1400"]
  },
  {
    title: "a flag",
    make: [ip("link set eth0 allmulticast on")],
    undo: [ip("link set eth0 allmulticast off")],
    lines: [
      "~ link eth0 allmulti 0 -> 1",
      "~ link eth0 flags BROADCAST,MULTICAST,UP -> ALLMULTI,BROADCAST,MULTICAST,UP"
    ]
  },
  {
    title: "a master",
    make: [ip("link set spare master somebr")],
    undo: [ip("link set spare nomaster")],
    lines: [
      "~ link somebr mac 02:00:00:00:00:50 -> 02:00:00:00:00:40",
      "~ link spare promiscuity 0 -> 1",
      "~ link spare allmulti 0 -> 1",
      "~ link spare master none -> somebr"
    ]
  },
  {
    title: "a setting of a bridge port",
    make: [ip("link set spare3 type bridge_slave isolated on")],
    undo: [ip("link set spare3 type bridge_slave isolated off")],
    lines: ["~ link spare3 port.isolated none -> true"]
  },
  {
    title: "a link group",
    make: [ip("link set eth0 group 7")],
    undo: [ip("link set eth0 group default")],
    lines: ["~ link eth0 group default -> 7"]
  }
]

const routingChanges: ReadonlyArray<Change> = [
  {
    title: "an address",
    make: [ip("address add 10.66.0.1/32 dev lo")],
    undo: [ip("address delete 10.66.0.1/32 dev lo")],
    lines: [
      "+ address 10.66.0.1/32 dev lo",
      "+ route local 10.66.0.1 dev lo table local proto kernel scope host src 10.66.0.1"
    ]
  },
  {
    title: "a route in a table of its own",
    make: [ip("route add 10.66.0.0/16 via 192.0.2.1 proto 66 table 77")],
    undo: [ip("route delete 10.66.0.0/16 table 77")],
    lines: ["+ route 10.66.0.0/16 via 192.0.2.1 dev eth0 table 77 proto 66"]
  },
  {
    title: "an IPv6 route",
    make: [ip("-6 route add unreachable 2001:db8::/32")],
    undo: [ip("-6 route delete unreachable 2001:db8::/32")],
    lines: ["+ route unreachable 2001:db8::/32 dev lo metric 1024 pref medium"]
  },
  {
    title: "a rule",
    make: [ip("rule add pref 899 iif eth0 fwmark 0x40000000/0x40000000 lookup main")],
    undo: [ip("rule delete pref 899")],
    lines: ["+ rule v4 899: from all fwmark 0x40000000/0x40000000 iif eth0 lookup main"]
  },
  {
    title: "a permanent neighbour",
    make: [ip("neighbour add 192.0.2.77 lladdr 02:00:00:00:00:77 nud permanent dev eth0")],
    undo: [ip("neighbour delete 192.0.2.77 dev eth0")],
    lines: ["+ neighbour 192.0.2.77 dev eth0 lladdr 02:00:00:00:00:77 PERMANENT"]
  },
  {
    title: "a proxied neighbour",
    make: [ip("neighbour add proxy 192.0.2.78 dev eth0")],
    undo: [ip("neighbour delete proxy 192.0.2.78 dev eth0")],
    lines: ["+ neighbour 192.0.2.78 dev eth0 proxy"]
  }
]

/** Somebody else's links and rules: the changes are made to a host that is in use. */
export const foreignState: ReadonlyArray<ReadonlyArray<string>> = [
  ip("link add somebr type bridge"),
  // Moves to its lowest port's address while it has one, and back; a pinned address would stay.
  ip("link add spare3 address 02:00:00:00:00:50 type veth peer name spare4"),
  ip("link set spare3 master somebr"),
  ip("link add spare address 02:00:00:00:00:40 type veth peer name spare2"),
  nft("add table inet foreign"),
  nft("add chain inet foreign forward { type filter hook forward priority 0; policy accept; }"),
  nft("add rule inet foreign forward iifname eth0 counter accept"),
  nft("add chain inet foreign order"),
  nft("add rule inet foreign order accept"),
  nft("add rule inet foreign order drop"),
  nft("add set inet foreign guests { type ipv4_addr; }"),
  nft("add element inet foreign guests { 10.0.0.1, 10.0.0.2, 10.0.0.3 }"),
  ["iptables-legacy", "-A", "INPUT", "-s", "10.99.0.0/16", "-j", "ACCEPT"],
  ["iptables-legacy", "-A", "INPUT", "-s", "10.98.0.0/16", "-j", "DROP"],
  ["ip6tables-legacy", "-A", "INPUT", "-i", "lo", "-j", "ACCEPT"]
]

const firewallChanges: ReadonlyArray<Change> = [
  {
    title: "an nft rule, beside its equal",
    make: [nft("add rule inet foreign forward iifname eth0 counter accept")],
    undo: [nft("flush chain inet foreign forward; add rule inet foreign forward iifname eth0 counter accept")],
    lines: ["+ nft rule inet foreign forward match(op:== left(meta(key:iifname)) right:eth0) counter accept (#2)"]
  },
  {
    title: "an nft set element",
    make: [nft('add element inet foreign guests { 10.0.0.7 comment "seven" }')],
    undo: [nft("delete element inet foreign guests { 10.0.0.7 }")],
    lines: ["+ nft element inet foreign guests elem(val:10.0.0.7 comment:seven)"]
  },
  {
    title: "an nft table",
    make: [nft("add table ip other")],
    undo: [nft("delete table ip other")],
    lines: ["+ nft table ip other"]
  },
  {
    title: "the policy of an nft chain",
    make: [nft("chain inet foreign forward { policy drop; }")],
    undo: [nft("chain inet foreign forward { policy accept; }")],
    lines: ["~ nft chain inet foreign forward policy accept -> drop"]
  },
  {
    title: "another order of an nft chain's rules",
    make: [
      nft("flush chain inet foreign order"),
      nft("add rule inet foreign order drop"),
      nft("add rule inet foreign order accept")
    ],
    undo: [
      nft("flush chain inet foreign order"),
      nft("add rule inet foreign order accept"),
      nft("add rule inet foreign order drop")
    ],
    lines: ["~ nft order of nft chain inet foreign order"]
  },
  {
    title: "another order of iptables rules",
    make: [
      ["iptables-legacy", "-D", "INPUT", "-s", "10.98.0.0/16", "-j", "DROP"],
      ["iptables-legacy", "-I", "INPUT", "-s", "10.98.0.0/16", "-j", "DROP"]
    ],
    undo: [
      ["iptables-legacy", "-D", "INPUT", "-s", "10.98.0.0/16", "-j", "DROP"],
      ["iptables-legacy", "-A", "INPUT", "-s", "10.98.0.0/16", "-j", "DROP"]
    ],
    lines: ["~ iptables order of legacy filter INPUT"]
  },
  {
    title: "an iptables-nft rule",
    make: [["iptables-nft", "-A", "FORWARD", "-s", "10.0.0.0/8", "-j", "DROP"]],
    undo: [nft("delete table ip filter")],
    lines: [
      "+ nft table ip filter",
      "+ nft chain ip filter FORWARD",
      "+ nft rule ip filter FORWARD match(op:== left(payload(protocol:ip field:saddr)) right(prefix(addr:10.0.0.0 len:8))) counter drop",
      "+ iptables nft filter chain INPUT",
      "+ iptables nft filter chain FORWARD",
      "+ iptables nft filter chain OUTPUT",
      "+ iptables nft filter -A FORWARD -s 10.0.0.0/8 -j DROP"
    ]
  },
  {
    title: "an iptables-legacy rule and policy",
    make: [
      ["iptables-legacy", "-A", "OUTPUT", "-d", "10.0.0.0/8", "-j", "DROP"],
      ["iptables-legacy", "-P", "FORWARD", "DROP"]
    ],
    undo: [
      ["iptables-legacy", "-F", "OUTPUT"],
      ["iptables-legacy", "-P", "FORWARD", "ACCEPT"]
    ],
    lines: [
      "~ iptables legacy filter chain FORWARD policy ACCEPT -> DROP",
      "+ iptables legacy filter -A OUTPUT -d 10.0.0.0/8 -j DROP"
    ]
  },
  {
    title: "an ip6tables-legacy rule",
    make: [["ip6tables-legacy", "-A", "FORWARD", "-j", "DROP"]],
    undo: [["ip6tables-legacy", "-F", "FORWARD"]],
    lines: ["+ iptables legacy6 filter -A FORWARD -j DROP"]
  }
]

const hostChanges: ReadonlyArray<Change> = [
  {
    title: "a sysctl",
    make: [["sysctl", "-qw", "net.ipv4.conf.eth0.route_localnet=1"]],
    undo: [["sysctl", "-qw", "net.ipv4.conf.eth0.route_localnet=0"]],
    lines: ["~ sysctl net.ipv4.conf.eth0.route_localnet 0 -> 1"]
  },
  {
    title: "a file of the state directory",
    make: [["touch", "/run/vmnet/ledger.db"]],
    undo: [["rm", "/run/vmnet/ledger.db"]],
    lines: ["+ file /run/vmnet/ledger.db"]
  },
  {
    title: "the mode of the state directory",
    make: [["chmod", "0750", "/run/vmnet"]],
    undo: [["chmod", "0700", "/run/vmnet"]],
    lines: ["~ file /run/vmnet mode 0700 -> 0750"]
  },
  {
    title: "a named namespace",
    make: [["ip", "netns", "add", "vmnet-1"]],
    undo: [["ip", "netns", "delete", "vmnet-1"]],
    lines: ["+ netns vmnet-1"]
  },
  {
    title: "a mount",
    make: [["mount", "-t", "tmpfs", "foreign", "/mnt"]],
    undo: [["umount", "/mnt"]],
    lines: ["+ mount /mnt"]
  },
  {
    title: "a mount on top of another",
    make: [["mount", "--bind", "/run/vmnet", "/run/vmnet"]],
    undo: [["umount", "/run/vmnet"]],
    lines: ["+ mount /run/vmnet (#2)"]
  },
  {
    title: "a flag of a mount",
    make: [["mount", "-o", "remount,bind,noexec", "/run/vmnet"]],
    undo: [["mount", "-o", "remount,bind,exec", "/run/vmnet"]],
    lines: ["~ mount /run/vmnet options rw,relatime -> rw,noexec,relatime"]
  }
]

export const changes = [...linkChanges, ...routingChanges, ...firewallChanges, ...hostChanges]
