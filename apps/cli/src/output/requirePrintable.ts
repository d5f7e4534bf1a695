import { type Attachment, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import type { Format } from "./Format.ts"

/**
 * Fails with `OPTION_UNSUPPORTED` where the format refuses the VM. A command that changes something asks before it does;
 * `attachment` is not run for a format that prints every VM.
 */
export const requirePrintable = Effect.fnUntraced(function* <E, R>(
  format: Format,
  attachment: Effect.Effect<Attachment, E, R>
) {
  if (format.prints === "anything" || format.refuses === undefined) return
  const about = yield* attachment
  const refusal = format.refuses(about)
  if (refusal === undefined) return
  return yield* new VmnetError({
    code: "OPTION_UNSUPPORTED",
    detail: `-o ${format.id}: ${refusal.detail}`,
    hint: refusal.hint,
    details: { vm: about.vm, format: format.id, device: about.device.kind }
  })
})
