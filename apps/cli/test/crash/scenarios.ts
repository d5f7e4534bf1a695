import type { Scenario, Step } from "./Scenario.ts"

const run = (...argv: ReadonlyArray<string>): Step => ({ run: argv })
const up = (...argv: ReadonlyArray<string>): Step => run("up", ...argv)
const down = (vm: string): Step => run("down", vm)
const host = (...argv: ReadonlyArray<string>): Step => ({ host: argv })

/** A live guest that answers, and one in a slot of its own, throughout. */
const neighbours: ReadonlyArray<Step> = [
  host("ip", "netns", "add", "guest1"),
  up("peer", "--netns", "/run/netns/guest1", "-p", "8099:80"),
  up("other", "--backend", "netns", "-p", "8098:80")
]
const answers = "http://192.0.2.10:8099/"

const rootfs = "/run/crash/rootfs"

interface Kind {
  readonly backend: string
  readonly title: string
  readonly flags: ReadonlyArray<string>
  /** Further live VMs of the same backend. */
  readonly beside: ReadonlyArray<Step>
  readonly more?: Partial<Scenario>
}

/** How a VM can be attached. */
const kinds: ReadonlyArray<Kind> = [
  { backend: "bridge", title: "bridge", flags: ["-p", "8081:80"], beside: [] },
  {
    backend: "bridge",
    title: "bridge-veth",
    flags: ["--netns", "/run/netns/guest2", "--egress", "none"],
    beside: [],
    more: { inside: ["guest2"] }
  },
  { backend: "netns", title: "netns", flags: ["--backend", "netns", "-p", "8082:80"], beside: [] },
  {
    backend: "tap",
    title: "tap",
    flags: ["--backend", "tap", "-p", "8083:80", "--egress", "203.0.113.0/24:443"],
    beside: [up("third", "--backend", "tap")]
  },
  {
    backend: "slirp",
    title: "slirp",
    flags: ["--backend", "slirp", "-p", "8084:80"],
    beside: [up("third", "--backend", "slirp")]
  }
]

const guest2 = host("ip", "netns", "add", "guest2")

/** Up and down, alone on the host and beside others. */
const life = ({ backend, title, flags, beside, more = {} }: Kind): ReadonlyArray<Scenario> => {
  const common = { backend, ...more }
  const around = [guest2, ...neighbours, ...beside]
  const check = [up("vm", ...flags), down("vm")]
  return [
    { ...common, name: `${title}-up-first`, verb: "up", prepare: [guest2], argv: ["up", "vm", ...flags], check },
    {
      ...common,
      name: `${title}-up-beside`,
      verb: "up",
      prepare: around,
      argv: ["up", "vm", ...flags],
      check,
      answers
    },
    {
      ...common,
      name: `${title}-down-last`,
      verb: "down",
      prepare: [guest2],
      setup: [up("vm", ...flags)],
      argv: ["down", "vm"],
      check
    },
    {
      ...common,
      name: `${title}-down-beside`,
      verb: "down",
      prepare: around,
      setup: [up("vm", ...flags)],
      argv: ["down", "vm"],
      check,
      answers
    }
  ]
}

/** Ports of a live VM, given and taken back. */
const ports = ({ backend, title, flags, beside, more = {} }: Kind): ReadonlyArray<Scenario> => {
  const common = { backend, prepare: [guest2, ...neighbours, ...beside], answers, ...more }
  const check = [down("vm"), up("vm", ...flags), down("vm")]
  const spec = ["8180:90", "127.0.0.1:8181:91"]
  return [
    {
      ...common,
      name: `${title}-publish`,
      verb: "publish",
      setup: [up("vm", ...flags)],
      argv: ["publish", "vm", ...spec],
      back: { to: "before", steps: [run("unpublish", "vm", ...spec)] },
      check
    },
    {
      ...common,
      name: `${title}-unpublish`,
      verb: "unpublish",
      setup: [up("vm", ...flags), run("publish", "vm", ...spec)],
      argv: ["unpublish", "vm", ...spec],
      // Published again they would have other marks.
      back: { to: "base", steps: [down("vm")] },
      check
    }
  ]
}

/** What `gc` finds, and is killed over: then another `gc` has to come to the end. */
const collections = ({ backend, title, flags, beside, more = {} }: Kind): ReadonlyArray<Scenario> => {
  const common = { backend, argv: ["gc"], verb: "gc", completes: true, ...more }
  const check = [up("vm", ...flags), down("vm")]
  return [
    {
      ...common,
      name: `${title}-gc-owner-gone`,
      prepare: [guest2, ...beside, ...neighbours],
      setup: [{ orphan: ["up", "vm", ...flags] }],
      check,
      answers
    },
    {
      ...common,
      name: `${title}-gc-half-made`,
      prepare: [guest2],
      setup: [
        {
          killed: ["up", "vm", ...flags],
          at: "COMMIT UPDATE resources UPDATE leases UPDATE addresses DELETE FROM locks"
        }
      ],
      check
    }
  ]
}

/** What `repair` puts back: something of the VM or its network that somebody took away, with forwarding. */
const repairs: ReadonlyArray<Scenario> = [
  { backend: "bridge", flags: ["-p", "8081:80"], taken: ["address", "flush", "to", "10.213.0.1/32"] },
  { backend: "netns", flags: ["-p", "8082:80"], taken: ["route", "flush", "exact", "10.11.0.1/32"] },
  { backend: "tap", flags: ["-p", "8083:80"], taken: ["route", "flush", "exact", "10.214.0.2/32"] }
].map(({ backend, flags, taken }): Scenario => {
  const lives = [up("vm", "--backend", backend, ...flags), down("vm")]
  const damage = [host("ip", ...taken), host("sysctl", "-q", "-w", "net.ipv4.ip_forward=0")]
  return {
    name: `${backend}-repair`,
    verb: "repair",
    backend,
    setup: [lives[0]!, ...damage],
    back: { to: "before", steps: damage },
    argv: ["repair", "vm"],
    partial: true,
    check: [run("repair", "vm"), run("check", "vm"), down("vm"), ...lives]
  }
})

/** Several at once: all of them or none, and the others as ever. */
const several: ReadonlyArray<Scenario> = ["netns", "tap"].flatMap((backend) => {
  const ups = up("vm", "--count", "3", "--backend", backend)
  const downs = run("down", "vm1", "vm2", "vm3")
  const common = { backend, prepare: neighbours, answers, check: [ups, downs] }
  return [
    { ...common, name: `${backend}-up-several`, verb: "up", argv: ["up", "vm", "--count", "3", "--backend", backend] },
    { ...common, name: `${backend}-down-several`, verb: "down", setup: [ups], argv: ["down", "vm1", "vm2", "vm3"] }
  ]
})

const pool = "networks: { pooled: { backend: tap, subnet: 10.240.0.0/24, pool: { warm: 1, size: 4 } } }"
const pooled = { backend: "tap", config: pool } as const
const intoPool = ["--network", "pooled", "-p", "8085:80"]

const pools: ReadonlyArray<Scenario> = [
  {
    ...pooled,
    name: "pool-warm",
    verb: "warm",
    argv: ["network", "warm", "pooled"],
    back: { to: "base", steps: [run("network", "rm", "pooled")] },
    check: [run("network", "warm", "pooled"), up("vm", ...intoPool), down("vm"), run("network", "rm", "pooled")]
  },
  {
    ...pooled,
    name: "pool-up",
    verb: "up",
    prepare: [...neighbours, run("network", "warm", "pooled")],
    argv: ["up", "vm", ...intoPool],
    check: [up("vm", ...intoPool), down("vm")],
    answers
  },
  {
    ...pooled,
    name: "pool-down",
    verb: "down",
    prepare: [...neighbours, run("network", "warm", "pooled")],
    setup: [up("vm", ...intoPool)],
    argv: ["down", "vm"],
    check: [up("vm", ...intoPool), down("vm")],
    answers
  }
]

const resolver = (name: string, prepare: ReadonlyArray<Step>): Scenario => ({
  name,
  verb: "resolv-conf",
  backend: "bridge",
  prepare: [...prepare, ...neighbours],
  setup: [up("vm")],
  argv: ["resolv-conf", "vm", "--rootfs", rootfs],
  check: [run("resolv-conf", "vm", "--rootfs", rootfs), down("vm"), up("vm"), down("vm")],
  answers,
  directories: [rootfs]
})

const makeRootfs = host("mkdir", "-p", `${rootfs}/etc`)

const resolvers: ReadonlyArray<Scenario> = [
  resolver("resolv-conf-new-file", [makeRootfs]),
  resolver("resolv-conf-over-file", [makeRootfs, host("touch", `${rootfs}/etc/resolv.conf`)])
]

const everyPool = collections({
  backend: "tap",
  title: "pool",
  flags: intoPool,
  beside: [run("network", "warm", "pooled")],
  more: { config: pool }
}).filter(({ name }) => name === "pool-gc-owner-gone")

const scenariosOf = (kind: Kind): ReadonlyArray<Scenario> => {
  // The network of a veth's guest is the namespace's own; ports are as with a TAP.
  const published = kind.title === "bridge-veth" ? [] : ports(kind)
  return [...life(kind), ...published, ...collections(kind)]
}

const all: ReadonlyArray<Scenario> = [
  ...kinds.flatMap(scenariosOf),
  ...pools,
  ...everyPool,
  ...resolvers,
  ...repairs,
  ...several
]

/** How many kills of each `npm test` does: every verb, and every backend, without paying for every world. */
const samples: Readonly<Record<string, number>> = {
  "bridge-up-first": 28,
  "bridge-down-last": 20,
  "bridge-publish": 12,
  "bridge-gc-half-made": 14,
  "bridge-veth-up-beside": 20,
  "bridge-veth-gc-owner-gone": 12,
  "netns-up-first": 24,
  "netns-down-beside": 18,
  "netns-unpublish": 12,
  "tap-up-beside": 20,
  "tap-unpublish": 12,
  "slirp-up-first": 30,
  "slirp-down-last": 14,
  "slirp-publish": 12,
  "slirp-gc-owner-gone": 14,
  "pool-warm": 12,
  "pool-up": 12,
  "resolv-conf-new-file": 14,
  "netns-up-several": 12,
  "tap-up-several": 10,
  "netns-down-several": 10,
  "tap-down-several": 8,
  "bridge-repair": 12,
  "tap-repair": 12
}

export const scenarios: ReadonlyArray<Scenario> = all.map((scenario) =>
  Object.assign(scenario, { sample: samples[scenario.name] ?? 0 })
)
