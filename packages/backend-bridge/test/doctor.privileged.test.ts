import { assert } from "@effect/vitest"
import { type DoctorContext, type Finding, doctor } from "@vmnet/core"
import { CommandsExeca, HostSurveyProc } from "@vmnet/ops-exec"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import { request } from "./support/memoryHost.ts"
import { container, leavesNoTrace, shareHost } from "./support/realHost.ts"

const web = "http://203.0.113.10/"
const published = "http://192.0.2.10:8080/"

const context: DoctorContext = { networks: [request("any").network], forwarding: "global", stateDir: null }

const survey = Layer.provide(HostSurveyProc.layer, CommandsExeca.layer)

/** A diagnosis that has to leave the host exactly as it was. */
const diagnosis = Effect.gen(function* () {
  const before = yield* HostSnapshot.take()
  const { findings } = yield* Effect.provide(doctor(context), survey)
  assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
  return findings
})

const drops = (findings: ReadonlyArray<Finding>) =>
  findings.filter(({ check, status }) => check === "forward-chains" && status === "problem")

interface Firewall {
  readonly title: string
  readonly owner: string | null
  readonly layer: string
  readonly chain: string
  /** As its owner makes it. */
  readonly make: ReadonlyArray<string>
  readonly remove: ReadonlyArray<string>
  /** Its owner's own program is not on this host: what that would do with the fix. */
  readonly instead?: ReadonlyArray<string>
  readonly fix: RegExp
}

const noIptables = [
  "iptables-nft -P FORWARD ACCEPT",
  "iptables-nft -F",
  "iptables-nft -X",
  "nft delete table ip filter"
]

const firewalls: ReadonlyArray<Firewall> = [
  {
    title: "Docker's policy in iptables-nft",
    owner: "Docker",
    layer: "iptables-nft",
    chain: "FORWARD",
    make: [
      "iptables-nft -N DOCKER-USER",
      "iptables-nft -N DOCKER-FORWARD",
      "iptables-nft -A FORWARD -j DOCKER-USER",
      "iptables-nft -A FORWARD -j DOCKER-FORWARD",
      "iptables-nft -A DOCKER-FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "iptables-nft -A DOCKER-FORWARD -i docker0 -j ACCEPT",
      "iptables-nft -P FORWARD DROP"
    ],
    remove: noIptables,
    fix: /iptables(?:-nft)? -I DOCKER-USER/
  },
  {
    title: "ufw's policy in iptables-nft",
    owner: "ufw",
    layer: "iptables-nft",
    chain: "FORWARD",
    make: [
      "iptables-nft -N ufw-before-forward",
      "iptables-nft -N ufw-user-forward",
      "iptables-nft -A FORWARD -j ufw-before-forward",
      "iptables-nft -A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "iptables-nft -A ufw-before-forward -p icmp --icmp-type echo-request -j ACCEPT",
      "iptables-nft -A ufw-before-forward -j ufw-user-forward",
      "iptables-nft -P FORWARD DROP"
    ],
    remove: noIptables,
    fix: /^for d in vmb vmt vmv; do ufw route allow in on \$\{d\}\+ && ufw route allow out on \$\{d\}\+; done$/,
    instead: [
      "iptables-nft -A ufw-user-forward -i vmb+ -j ACCEPT",
      "iptables-nft -A ufw-user-forward -o vmb+ -j ACCEPT",
      "iptables-nft -A ufw-user-forward -i vmt+ -j ACCEPT",
      "iptables-nft -A ufw-user-forward -o vmt+ -j ACCEPT",
      "iptables-nft -A ufw-user-forward -i vmv+ -j ACCEPT",
      "iptables-nft -A ufw-user-forward -o vmv+ -j ACCEPT"
    ]
  },
  {
    title: "firewalld's table",
    owner: "firewalld",
    layer: "nft",
    chain: "filter_FORWARD",
    make: [
      "nft add table inet firewalld",
      "nft add chain inet firewalld filter_FORWARD { type filter hook forward priority 10 ; policy accept ; }",
      "nft add chain inet firewalld filter_FORWARD_ZONES",
      "nft add chain inet firewalld filter_FWD_public",
      "nft add rule inet firewalld filter_FORWARD ct state { established, related } accept",
      "nft add rule inet firewalld filter_FORWARD ct status dnat accept",
      'nft add rule inet firewalld filter_FORWARD iifname "lo" accept',
      "nft add rule inet firewalld filter_FORWARD ct state invalid drop",
      "nft add rule inet firewalld filter_FORWARD jump filter_FORWARD_ZONES",
      "nft add rule inet firewalld filter_FORWARD reject with icmpx type admin-prohibited",
      "nft add rule inet firewalld filter_FORWARD_ZONES goto filter_FWD_public"
    ],
    remove: ["nft delete table inet firewalld"],
    fix: /^firewall-cmd --permanent --zone=trusted --add-interface=vmb\+ .* && firewall-cmd --reload$/,
    instead: [
      "nft add chain inet firewalld filter_FWD_trusted",
      "nft add rule inet firewalld filter_FWD_trusted accept",
      'nft insert rule inet firewalld filter_FORWARD_ZONES iifname { "vmb*", "vmt*", "vmv*" } goto filter_FWD_trusted'
    ]
  },
  {
    title: "a table of the administrator's",
    owner: null,
    layer: "nft",
    chain: "forward",
    make: [
      "nft add table inet filter",
      "nft add chain inet filter forward { type filter hook forward priority -10 ; policy drop ; }"
    ],
    remove: ["nft delete table inet filter"],
    fix: /nft "insert rule inet filter forward iifname/
  },
  {
    title: "iptables-legacy, which nft does not show",
    owner: null,
    layer: "iptables-legacy",
    chain: "FORWARD",
    make: ["iptables-legacy -P FORWARD DROP"],
    remove: ["iptables-legacy -F FORWARD", "iptables-legacy -P FORWARD ACCEPT"],
    fix: /iptables-legacy -I FORWARD -i/
  }
]

const run = (command: string): void => {
  const [program = "", ...words] = command.split(" ")
  execFileSync(program, words, { stdio: ["ignore", "ignore", "pipe"] })
}

const standing = ({ make, remove }: Firewall) =>
  Effect.acquireRelease(
    Effect.sync(() => make.forEach(run)),
    () => Effect.sync(() => remove.forEach(run))
  )

const reaches = Effect.gen(function* () {
  const host = yield* PrivateHost
  const inside = yield* container("vm1", { publish: ["8080:80"] })
  yield* host.serve(inside.netns, { port: 80, page: "vm1" })
  const goes = (from: Parameters<typeof host.http>[0], url: string) =>
    host.http(from, url, { timeout: 700 }).pipe(
      Effect.map(({ seen }) => seen?.page),
      Effect.orElseSucceed(() => undefined)
    )
  return { out: goes(inside.netns, web), in: goes("lan", published) }
})

// The legacy tables stay when they are empty: they are there before anybody looks.
run("iptables-legacy -P FORWARD ACCEPT")

shareHost()("doctor", (it) => {
  it.effect("a host without another firewall drops nothing, and is left as it is", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const findings = yield* diagnosis
        assert.deepStrictEqual(drops(findings), [])
        const seen = findings.filter(({ check }) => check === "forward-chains").map(({ status }) => status)
        assert.deepStrictEqual(seen, ["ok", "ok"])
      })
    )
  )

  for (const firewall of firewalls) {
    it.effect(`${firewall.title} is named, and what is told lets guests through`, () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const guest = yield* reaches
          yield* standing(firewall)
          assert.isUndefined(yield* guest.out)
          const [found, ...more] = drops(yield* diagnosis)
          assert.deepStrictEqual(more, [])
          const { chain, layer, owner } = found!.details
          assert.deepStrictEqual(
            { chain, layer, owner },
            { chain: firewall.chain, layer: firewall.layer, owner: firewall.owner }
          )
          assert.match(found!.fix ?? "", firewall.fix)
          if (firewall.instead === undefined) execFileSync("sh", ["-c", found!.fix!])
          else firewall.instead.forEach(run)
          assert.deepStrictEqual([yield* guest.out, yield* guest.in], ["internet", "vm1"])
          assert.deepStrictEqual(drops(yield* diagnosis), [])
        })
      )
    )
  }

  it.effect("libvirt's chains, which are about its own bridge, are no problem", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const guest = yield* reaches
        yield* standing({
          ...firewalls[0]!,
          make: [
            "iptables-nft -N LIBVIRT_FWI",
            "iptables-nft -N LIBVIRT_FWO",
            "iptables-nft -A FORWARD -j LIBVIRT_FWI",
            "iptables-nft -A FORWARD -j LIBVIRT_FWO",
            "iptables-nft -A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable",
            "iptables-nft -A LIBVIRT_FWO -i virbr0 -j REJECT --reject-with icmp-port-unreachable",
            "nft add table ip libvirt_network",
            "nft add chain ip libvirt_network forward { type filter hook forward priority 0 ; policy accept ; }",
            'nft add rule ip libvirt_network forward oifname "virbr0" counter reject'
          ],
          remove: ["nft delete table ip libvirt_network", ...noIptables]
        })
        assert.deepStrictEqual(drops(yield* diagnosis), [])
        assert.deepStrictEqual([yield* guest.out, yield* guest.in], ["internet", "vm1"])
      })
    )
  )
})
