import { VmnetError } from "../errors/VmnetError.ts"
import type { Tx } from "../ledger/Ledger.ts"

/** Attempts before giving up on a name: with 60 bits of hash a second one is already a curiosity. */
const attempts = 16

export interface IdentifierRequest {
  readonly kind: "device" | "mac"
  readonly vm: string
  /** The candidate of an attempt: hashed anew for each, never counted up. */
  readonly derive: (attempt: number) => string
  /** Names found taken by somebody else's objects. */
  readonly avoid: ReadonlySet<string>
}

/** Reserves the first candidate that no other lease of the install has and that is not to be avoided. */
export const allocateIdentifier = (tx: Tx, request: IdentifierRequest): string => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const value = request.derive(attempt)
    if (!request.avoid.has(value) && identifierHolder(tx, request.kind, value) === undefined) {
      holdIdentifier(tx, request.kind, value, request.vm)
      return value
    }
  }
  throw new VmnetError({
    code: "NAME_EXHAUSTED",
    detail: `no free ${request.kind} name for ${request.vm} in ${attempts} attempts`,
    hint: "Other programs hold these names; look at `ip link` for names beginning with vm."
  })
}

export const identifierHolder = (tx: Tx, kind: "device" | "mac", value: string): string | undefined =>
  tx.get<{ vm: string }>("SELECT vm FROM identifiers WHERE kind = ? AND value = ?", kind, value)?.vm

export const holdIdentifier = (tx: Tx, kind: "device" | "mac", value: string, vm: string): void =>
  tx.run("INSERT INTO identifiers (kind, value, vm) VALUES (?, ?, ?)", kind, value, vm)
