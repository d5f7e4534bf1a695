import { type AttachRequest, formatPublish, type PublishSpec, VmnetError } from "@vmnet/core"
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
  const { address, network, tapOwner, target } = request
  return [
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
    loopbackWithPasta(request),
    loopbackDatagrams(request),
    sharedWithPasta(request),
    network.subnet !== subnet && { option: "subnet", why: `its guests are in ${subnet}`, hint: another }
  ]
}

/**
 * What comes from the host's loopback is to the guest from the gateway's address. What the guest sends there is dropped
 * where it may not reach the host's loopback, a datagram's answer with the rest (`sotranslate_out` of libslirp).
 */
const loopbackDatagrams = ({ network, publish }: AttachRequest): Objection | false => {
  const range = publish.find(({ hostAddress, protocol }) => protocol === "udp" && hostAddress?.startsWith("127."))
  if (network.hostAccess || range === undefined) return false
  return {
    option: "publish",
    why: `nothing would answer on ${formatPublish(range)}: UDP from the host's loopback needs hostAccess`,
    hint: `Publish on another address of the host, or set networks.${network.network}.hostAccess to true.`
  }
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

/** pasta hands connections from loopback to loopback in the namespace, past the TAP: see "spliced" in passt(1). */
const loopbackWithPasta = ({ network, publish }: AttachRequest): Objection | false => {
  const range = publish.find(({ hostAddress }) => hostAddress?.startsWith("127."))
  if (engineOf(network) !== "pasta" || range === undefined) return false
  return {
    option: "publish",
    why: `pasta does not lead ${formatPublish(range)} to the guest: it never does so for the host's loopback`,
    hint: `Publish on another address of the host, or set networks.${network.network}.engine to slirp4netns.`
  }
}

/** pasta leads a port on any address of the host to the one address that it knows, so that two would be one there. */
const sharedWithPasta = ({ network, publish }: AttachRequest): Objection | false => {
  const shared = publish.find((one, index) => publish.slice(0, index).some((other) => meets(one, other)))
  if (engineOf(network) !== "pasta" || shared === undefined) return false
  return {
    option: "publish",
    why: `pasta does not tell ${formatPublish(shared)} from the same port on another address of the host`,
    hint: `Publish it once, or set networks.${network.network}.engine to slirp4netns.`
  }
}

const meets = (one: PublishSpec, other: PublishSpec): boolean =>
  one.protocol === other.protocol &&
  one.hostPort < other.hostPort + other.count &&
  other.hostPort < one.hostPort + one.count

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
