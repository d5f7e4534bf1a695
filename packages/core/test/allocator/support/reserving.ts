import type { AttachRequest, Ledger, Tx, VmnetError } from "@vmnet/core"
import type { Effect } from "effect"
import { reserve, type Reservation, type ReserveOptions } from "../../../src/allocator/reserve.ts"
import { releaseAddresses } from "../../../src/allocator/AddressAllocator.ts"
import { deleteLease } from "../../../src/ledger/LeaseRow.ts"
import { deleteResources } from "../../../src/ledger/ResourceRow.ts"
import { at } from "./at.ts"
import { inLedger, install } from "./memoryLedger.ts"
import { nullBackend } from "./nullBackend.ts"

export const optionsFor = (request: AttachRequest, changes: Partial<ReserveOptions> = {}): ReserveOptions => ({
  install,
  request,
  backend: nullBackend,
  self: { pid: 1, startTime: "1", bootId: "b" },
  ...at(1_000_000),
  network: { host: { uplink: "eth0", links: new Set(["lo", "eth0"]) } },
  namespace: () => null,
  avoid: new Set(),
  ...changes
})

export const reserving = (
  request: AttachRequest,
  changes: Partial<ReserveOptions> = {}
): Effect.Effect<Reservation, VmnetError, Ledger> => inLedger((tx) => reserve(tx, optionsFor(request, changes)))

/** What is left of a lease after `down`. */
export const releasing = (vm: string, coolUntil?: number): Effect.Effect<void, VmnetError, Ledger> =>
  inLedger((tx) => {
    deleteResources(tx, vm)
    releaseAddresses(tx, vm, coolUntil === undefined ? undefined : { until: coolUntil })
    deleteLease(tx, vm)
  })

const tables = [
  "leases",
  "addresses",
  "identifiers",
  "ports",
  "shares",
  "holds",
  "resources",
  "generations",
  "networks"
]

/** How many rows each table has, those without any left out. */
export const rowCounts = (tx: Tx): Readonly<Record<string, number>> =>
  Object.fromEntries(
    tables
      .map((table) => [table, tx.get<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`)!.count] as const)
      .filter(([, count]) => count > 0)
  )
