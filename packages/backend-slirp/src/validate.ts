import { type AttachRequest, VmnetError } from "@vmnet/core"
import { Result } from "effect"
import { engineOf } from "./engine.ts"
import { guestAddress, subnet } from "./addresses.ts"

interface Objection {
  readonly option: string
  readonly why: string
  readonly hint: string
}

const another = "Leave it out, or use another backend (bridge, netns or tap, as root)."

const objections = (request: AttachRequest): ReadonlyArray<Objection | false> => {
  const { address, egress, network, tapOwner, target } = request
  return [
    egress._tag !== "Internet" && {
      option: "egress",
      why: "a user-mode network reaches whatever its user reaches, and nothing can be put in its way without rights",
      hint: another
    },
    address !== undefined && {
      option: "ip",
      why: `its guests are ${guestAddress}, each in a network of its own`,
      hint: another
    },
    target !== undefined && { option: "netns", why: "it makes a namespace of its own for the guest", hint: another },
    tapOwner !== undefined && {
      option: "tap-owner",
      why: "the TAP is in a namespace that only its own user enters",
      hint: "Run vmnet as that user."
    },
    !network.masquerade && { option: "masquerade", why: "guests always leave with the host's address", hint: another },
    network.subnet !== subnet && { option: "subnet", why: `its guests are in ${subnet}`, hint: another }
  ]
}

const refusal = (vm: string, { hint, option, why }: Objection): VmnetError =>
  new VmnetError({
    code: "OPTION_UNSUPPORTED",
    detail: `${vm}: the slirp backend cannot honour ${option}: ${why}`,
    hint,
    details: { vm, option, backend: "slirp" }
  })

export const validate = (request: AttachRequest): Result.Result<void, VmnetError> => {
  const found = objections(request).find((objection) => objection !== false)
  return found === undefined ? Result.void : Result.fail(refusal(request.vm, found))
}

/** pasta(1) takes its ports when it starts, and no others later. */
export const livePublish = ({ network, vm }: AttachRequest): Result.Result<void, VmnetError> =>
  engineOf(network) === "slirp4netns"
    ? Result.void
    : Result.fail(
        new VmnetError({
          code: "OPTION_UNSUPPORTED",
          detail: `${vm}: pasta cannot change published ports of a VM that is up`,
          hint: `Take it down and up again with other ports, or set networks.${network.network}.engine to slirp4netns.`,
          details: { vm, option: "engine", engine: "pasta" }
        })
      )
