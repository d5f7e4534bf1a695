import type { Effect } from "effect"
import type { Netns, OpsError } from "@vmnet/core"
import type { Attempt } from "../errors/opsErrors.ts"
import type { NftFamily } from "./layout.ts"
import type { FoundElement, SetElement } from "./sets.ts"
import type { Command } from "./transaction.ts"

/** What nft answered. `ok` is its exit code 0; the words of an error are in `stderr`, in the form nft gives them. */
export interface NftAnswer {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

/** What became of a transaction; `index` is that of the change it failed at, where that is known. */
export type NftOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly stderr: string; readonly index: number | undefined }

/**
 * nft, however it is reached: as a program, or as the library in this process. It fails only when it gave no answer at all.
 *
 * - `commit` runs one transaction.
 * - `listTable` prints a table as JSON, numbers only.
 * - `setNames` are those of the sets and maps in the install's `inet` table; none where there is no table.
 * - `entries` looks up which of some entries are there; what else it returns does no harm.
 * - `reference` prints, as JSON, what becomes of a layout that is loaded into a network namespace of its own, which is gone when
 *   the answer is there.
 */
export interface Nft {
  readonly commit: (
    netns: Netns,
    attempt: Attempt,
    install: string,
    commands: ReadonlyArray<Command>
  ) => Effect.Effect<NftOutcome, OpsError>
  readonly listTable: (
    netns: Netns,
    attempt: Attempt,
    family: NftFamily,
    table: string
  ) => Effect.Effect<NftAnswer, OpsError>
  readonly setNames: (netns: Netns, attempt: Attempt, install: string) => Effect.Effect<ReadonlyArray<string>, OpsError>
  readonly entries: (
    netns: Netns,
    attempt: Attempt,
    install: string,
    wanted: ReadonlyArray<SetElement>
  ) => Effect.Effect<ReadonlyArray<FoundElement>, OpsError>
  readonly reference: (attempt: Attempt, layout: string) => Effect.Effect<NftAnswer, OpsError>
}
