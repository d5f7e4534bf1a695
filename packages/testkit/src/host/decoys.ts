import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { PrivateHostError } from "./errors.ts"
import { minimalEnvironment, run, runOk } from "./Process.ts"
import { undo } from "./mounts.ts"

/** Names the kernel allows and a careless program trips over. */
const hostileNames = ["-h", "$(x)", 'a"b', "a*", "tap-0a1b2c3d", "vethdeadbee", "vmnet0"]

/** Names of exactly the form of vmnet's own. */
export const lookAlikes = {
  tap: "vmtaaaaaaaaaaaa",
  bridge: "vmbaaaaaaaaaaaa",
  veth: "vmvaaaaaaaaaaaa",
  /** A TAP that a process has open. */
  held: "vmtbbbbbbbbbbbb",
  /** A TAP with the tag of another install. */
  tagged: "vmtcccccccccccc",
  /** A bridge with a port that is somebody's. */
  used: "vmbcccccccccccc",
  /** A namespace as vmnet names them, with nothing in it. */
  netns: "vmnet-9999",
  /** Another in which a process lives, and one with the tag of another install. */
  inhabited: "vmnet-9998",
  taggedNetns: "vmnet-9997"
} as const

const otherTag = "vmnet:ffffffff:vm1:1"

type Argv = ReadonlyArray<string>

/** What is made, and what takes it away again. */
interface Step {
  readonly make: Argv
  readonly remove?: Argv
  readonly stdin?: string
}

const ip = (...words: Argv): Argv => ["ip", ...words]

const link = (name: string, ...type: Argv): Step => ({
  make: ip("link", "add", "name", name, "type", ...type),
  remove: ip("link", "delete", "dev", name)
})

const tap = (name: string): Step => ({
  make: ip("tuntap", "add", "dev", name, "mode", "tap"),
  remove: ip("link", "delete", "dev", name)
})

const netns = (name: string): Step => ({ make: ip("netns", "add", name), remove: ip("netns", "delete", name) })

const rule = (program: string, chain: string, ...words: Argv): Step => ({
  make: [program, "-w", "5", "-t", "nat", "-A", chain, ...words],
  remove: [program, "-w", "5", "-t", "nat", "-D", chain, ...words]
})

/** Masquerading and publishing in subnets of vmnet's, as other tools do it. */
const rules = ["iptables-nft", "iptables-legacy"].flatMap((program) =>
  ["10.0.42.0/24", "10.11.0.0/16"].flatMap((subnet) => [
    rule(program, "POSTROUTING", "-s", subnet, "-j", "MASQUERADE"),
    rule(program, "PREROUTING", "-p", "tcp", "--dport", "8080", "-j", "DNAT", "--to-destination", "10.0.42.17:80")
  ])
)

const table = (name: string): Step => ({
  make: ["nft", "-f", "-"],
  stdin: `table inet ${name} {
  chain post {
    type nat hook postrouting priority 90
    ip saddr 10.0.42.0/24 masquerade comment "${otherTag}"
  }
  chain pre {
    type nat hook prerouting priority -90
    tcp dport 8080 dnat ip to 10.0.42.17:80
  }
}
`,
  remove: ["nft", "delete", "table", "inet", name]
})

const steps: ReadonlyArray<Step> = [
  ...hostileNames.map((name) => link(name, "bridge")),
  tap("tap-held"),
  tap(lookAlikes.tap),
  tap(lookAlikes.held),
  tap(lookAlikes.tagged),
  { make: ip("link", "set", "dev", lookAlikes.tagged, "alias", otherTag) },
  link(lookAlikes.bridge, "bridge"),
  link(lookAlikes.veth, "veth", "peer", "name", "theirs"),
  link(lookAlikes.used, "bridge"),
  link("theirport", "bridge"),
  link("vethport", "veth", "peer", "name", "vethother"),
  { make: ip("link", "set", "dev", "vethport", "master", lookAlikes.used) },
  netns("box"),
  netns(lookAlikes.netns),
  netns(lookAlikes.inhabited),
  netns(lookAlikes.taggedNetns),
  { make: ip("-netns", lookAlikes.taggedNetns, "link", "set", "dev", "lo", "alias", otherTag) },
  table("other"),
  table("vmnet_ffffffff"),
  ...rules
]

/** Whoever is tested may have taken it away already: then there is nothing left to remove. */
const apply = ({ make, remove, stdin }: Step): Effect.Effect<unknown, PrivateHostError, Scope.Scope> => {
  const made = runOk(make, stdin === undefined ? {} : { stdin })
  return remove === undefined ? made : Effect.acquireRelease(made, () => undo(run(remove)))
}

/** A program that says `there` when it does what it is for, and ends with its standard input. */
const staying = (what: string, argv: Argv) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const [file = "", ...args] = argv
        const child = spawn(file, args, { env: minimalEnvironment, stdio: ["pipe", "pipe", "inherit"] })
        const [first] = await Promise.race([once(child.stdout, "data"), once(child, "exit")])
        if (!(first instanceof Buffer)) throw new Error(`${file} ended`)
        return child
      },
      catch: (cause) => new PrivateHostError({ action: "start", object: what, detail: String(cause), cause })
    }),
    end
  )

const end = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
  })

/** `TUNSETIFF` (0x400454ca, linux/if_tun.h) with `IFF_TAP | IFF_NO_PI`: what a VMM does to a TAP that is there. */
const holding = (device: string): Argv => [
  "perl",
  "-e",
  '$| = 1; open(my $tun, "+<", "/dev/net/tun") or die $!; ' +
    'ioctl($tun, 0x400454ca, pack("a16 S x22", $ARGV[0], 0x1002)) or die $!; print "there\\n"; <STDIN>',
  device
]

/**
 * Things of others on the current private host that look like vmnet's own, or are in its way: links of every kind with its
 * names, hostile names, namespaces, NAT in its subnets by nft and both iptables, the tag of another install, TAPs that a
 * process has open. All of it is gone with the scope. `perl` holds the TAPs open.
 */
export const decoys: Effect.Effect<void, PrivateHostError, Scope.Scope> = Effect.gen(function* () {
  yield* Effect.forEach(steps, apply, { discard: true })
  for (const device of ["tap-held", lookAlikes.held]) yield* staying(device, holding(device))
  // One program from beginning to end: a snapshot tells another by its words.
  yield* staying(lookAlikes.inhabited, [...ip("netns", "exec", lookAlikes.inhabited), "sh", "-c", "echo there; read _"])
})
