import type { Plan, Resource } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { printable } from "../terminal/printable.ts"
import type { Style } from "../terminal/style.ts"
import { resourceWords } from "./resourceWords.ts"

const steps = (resources: ReadonlyArray<Resource>): ReadonlyArray<string> =>
  resources.map((resource) => `  ${resourceWords(resource)}`)

/** The plan of `up --dry-run` in the order it would be carried out: what is shared first, then what is the VM's own. */
const planLines = (plan: Plan, style: Style): ReadonlyArray<string> => {
  const { vm, network, backend, guest } = plan.attachment
  return [
    style.bold(printable(`${vm} would get ${guest.address} on network ${network} (${backend}); nothing is changed`)),
    ...plan.shares.flatMap((share) => [
      printable(`shared ${share.key}, created unless another VM holds it:`),
      ...steps(share.resources)
    ]),
    "its own:",
    ...steps(plan.resources)
  ]
}

export const planDocument = (plan: Plan): Document => ({
  json: { plan },
  table: (style) => planLines(plan, style).join("\n")
})
