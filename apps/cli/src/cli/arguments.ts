import { Argument } from "effect/cli"

/** The words of a command, unread: `inputs.ts` reads them, so that a person hears of all problems at once. */
export const vm = Argument.String("VM").pipe(
  Argument.withDescription("The VM's name: a-z 0-9 . _ - and at most 63 of them")
)

export const vms = Argument.variadic(vm)

export const network = Argument.String("NETWORK").pipe(Argument.withDescription("The network's name"))

export const specs = Argument.String("SPEC").pipe(
  Argument.withDescription("[HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp]"),
  Argument.variadic({ min: 1 })
)
