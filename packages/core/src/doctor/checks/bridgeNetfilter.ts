import { type Check, ok, warning, whenSeen } from "../Check.ts"
import { blockedAt } from "../firewall/blocked.ts"

/** With it frames between ports of one bridge pass the forward chains of the host's IP firewall as well. */
export const bridgeNetfilter: Check = {
  id: "br-netfilter",
  diagnose: (facts) =>
    whenSeen(facts.bridgeNetfilter, "br_netfilter", (value) => {
      if (value !== "1")
        return [ok("frames between guests of a bridge do not pass the IP firewall (no br_netfilter)", { value })]
      const drops = [
        ...(facts.nft._tag === "Seen" ? blockedAt("forward", facts, facts.nft.value, false) : []),
        ...(facts.legacy._tag === "Seen" ? blockedAt("forward", facts, facts.legacy.value, true) : [])
      ]
      const unseen = [facts.nft, facts.legacy].flatMap((rules) => (rules._tag === "Unseen" ? [rules] : []))
      if (drops.length === 0 && unseen[0] !== undefined) {
        const fix = unseen.some(({ denied }) => denied) ? "sudo vmnet doctor" : undefined
        return [
          warning(
            `frames between guests of a bridge pass the IP firewall, and whether it drops any could not be seen: ${unseen[0].why}`,
            fix,
            { value, unseen: true }
          )
        ]
      }
      if (drops.length === 0)
        return [ok("frames between guests of a bridge pass the IP firewall, which drops none", { value })]
      return [
        warning(
          "frames between guests of a bridge pass the IP firewall too (bridge-nf-call-iptables is 1), and it drops them",
          "sysctl -w net.bridge.bridge-nf-call-iptables=0 # not where Kubernetes or Docker rely on it: see forward-chains",
          { value }
        )
      ]
    })
}
