import { vmnetCommand as commandOf } from "@vmnet/testkit/conformance"
import { native } from "./subjects.ts"

export { codeOf, type CommandOptions } from "@vmnet/testkit/conformance"

/** The command as `pnpm build` leaves it: what people run. */
export const vmnetCommand = commandOf(native.vmnet)
