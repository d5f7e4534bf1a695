import { Option, Schema } from "effect"
import { isIpForward } from "./forwardReset.ts"
import type { SysctlResource } from "./Resource.ts"
import type { SysctlMemo } from "./SysctlDriver.ts"

/** What the kernel takes for a parameter of forwarding: it is written as it stands here. */
const Value = Schema.String.pipe(Schema.check(Schema.isPattern(/^-?\d{1,10}$/)))

const Plain = Schema.Struct({ before: Value })

const WithReset = Schema.Struct({
  before: Value,
  reset: Schema.Struct({ forwarding: Schema.Record(Schema.String, Value), acceptRedirects: Schema.NullOr(Value) })
})

const strictly = { onExcessProperty: "error" } as const
const decodePlain = Schema.decodeUnknownOption(Plain, strictly)
const decodeWithReset = Schema.decodeUnknownOption(WithReset, strictly)

/** A memo from outside of the ledger, if it is exactly one that `sysctlMemo` gives for such a resource. */
export const decodeSysctlMemo = ({ key }: SysctlResource, memo: unknown): SysctlMemo | undefined =>
  Option.getOrUndefined<SysctlMemo>(isIpForward(key) ? decodeWithReset(memo) : decodePlain(memo))
