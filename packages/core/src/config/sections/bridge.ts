import { networkFields, vmFields } from "./fields.ts"
import type { Section } from "./Section.ts"

export const bridgeSection = { kind: "bridge", network: networkFields, vm: vmFields } as const satisfies Section
