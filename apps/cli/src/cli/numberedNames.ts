import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"

/** More than one host runs VMs. */
const most = 10_000

/** Where the number goes: `{}`, or `{:04}` for at least four digits. */
const placeholder = /\{(?::0([1-9]))?\}/g

const refuse = (detail: string): VmnetError => new VmnetError({ code: "BAD_INPUT", detail })

const readCount = (text: string): Effect.Effect<number, VmnetError> => {
  const count = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0
  return count >= 1 && count <= most
    ? Effect.succeed(count)
    : Effect.fail(refuse(`--count ${JSON.stringify(text)}: must be a whole number from 1 to ${most}`))
}

/** `web1`, `web2`, ...: the names of `--count` VMs, numbered from 1 on. */
export const numberedNames = Effect.fnUntraced(function* (countText: string, template: string) {
  const count = yield* readCount(countText)
  const [before = "", digits, after = "", ...more] = template.split(placeholder)
  if (!template.includes("{") || more.length > 0 || /[{}]/.test(before + after)) {
    return yield* refuse(
      `--name-template ${JSON.stringify(template)}: must have {} once, where the number goes, or {:04} for at least four digits`
    )
  }
  const width = digits === undefined ? 1 : Number(digits)
  return Array.from({ length: count }, (_, index) => `${before}${`${index + 1}`.padStart(width, "0")}${after}`)
})
