import { Context, type Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import type { Netns } from "./Netns.ts"

/**
 * Kernel parameters below `net.`, by path segments (`["net","ipv4","conf","eth0.100","forwarding"]`): interface names
 * may contain dots, so dotted keys are ambiguous.
 */
export type SysctlKey = ReadonlyArray<string>

/**
 * `read` gives `null` for a key that does not exist; values are trimmed. `write` fails with `Missing` when the key does
 * not exist. `forwarding` reads the IPv4 forwarding flag of every interface, with `all` and `default`, because writing
 * `ip_forward` resets them all.
 */
export class SysctlOps extends Context.Service<
  SysctlOps,
  {
    readonly read: (netns: Netns, key: SysctlKey) => Effect.Effect<string | null, OpsError>
    readonly write: (netns: Netns, key: SysctlKey, value: string) => Effect.Effect<void, OpsError>
    readonly forwarding: (netns: Netns) => Effect.Effect<Readonly<Record<string, string>>, OpsError>
  }
>()("@vmnet/core/SysctlOps") {}

export const formatSysctlKey = (key: SysctlKey): string => key.map((part) => part.replaceAll(".", "/")).join(".")
