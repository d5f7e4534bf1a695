import type { Subject } from "./results.ts"

/**
 * `BR_MAX_PORTS` of net/bridge/br_private.h is 1024, and so many addresses has a /22: more VMs than that take more bridges. The
 * addresses of samples are not given again for a minute (`cooldown`), and there have to be others meanwhile.
 */
const perBridge = 800
const bridges = 6

const bridge = (number: number): string => `  wire${number}: { backend: bridge, subnet: 10.80.${4 * number}.0/22 }`

/** The networks everything happens in. */
export const config = `networks:
  slots: { backend: netns, subnet: 10.64.0.0/16, links: 10.65.0.0/16 }
  taps: { backend: tap, subnet: 10.66.0.0/16 }
  pool: { backend: tap, subnet: 10.67.0.0/16, pool: { warm: 4 } }
${Array.from({ length: bridges }, (_, number) => bridge(number)).join("\n")}
`

/** Where samples are taken. */
export const networkOf: Readonly<Record<Subject, string>> = { slot: "slots", tap: "taps", bridge: "wire0" }

/** Where the Nth VM of a population is: on the bridge of the samples first, as far as that has ports. */
export const networkOfMember = (subject: Subject, member: number): string =>
  subject === "bridge" ? `wire${Math.floor(member / perBridge)}` : networkOf[subject]
