import type { Check } from "./Check.ts"
import { bridgeNetfilter } from "./checks/bridgeNetfilter.ts"
import { forwardChains } from "./checks/forwardChains.ts"
import { forwarding } from "./checks/forwarding.ts"
import { kernel } from "./checks/kernel.ts"
import { networkd } from "./checks/networkd.ts"
import { networkManager } from "./checks/networkManager.ts"
import { inputChains, preroutingChains } from "./checks/otherChains.ts"
import { permissions } from "./checks/permissions.ts"
import { rpFilter } from "./checks/rpFilter.ts"
import { stateDirectory } from "./checks/stateDirectory.ts"
import { subnets } from "./checks/subnets.ts"
import { conntrack, neighbours } from "./checks/tables.ts"
import { programs } from "./checks/tools.ts"
import { tun } from "./checks/tun.ts"

/** Every check there is, in the order in which their findings are told. */
export const checks: ReadonlyArray<Check> = [
  permissions,
  programs,
  tun,
  kernel,
  forwarding,
  rpFilter,
  forwardChains,
  preroutingChains,
  inputChains,
  bridgeNetfilter,
  conntrack,
  neighbours,
  subnets,
  networkManager,
  networkd,
  stateDirectory
]
