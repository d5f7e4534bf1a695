import {
  hostNetns,
  type MemberRequest,
  type NetworkSpec,
  parseTapOwner,
  type TapOwner,
  type TapResource
} from "@vmnet/core"
import { Result } from "effect"

/** The TAP itself, which is the same for whichever VM of the network has it. Its MAC is the gateway's, in all of them. */
export const tapOf = (
  request: MemberRequest,
  device: string,
  port: Pick<TapResource, "mac" | "master">
): TapResource => ({
  kind: "Tap",
  netns: hostNetns,
  link: device,
  mtu: request.network.mtu,
  ...port,
  ...(request.tapOwner ?? networkOwner(request.network))
})

/** Who may open the TAPs of a network where the VM does not say. */
const networkOwner = ({ options }: NetworkSpec): TapOwner | undefined => {
  const pool = options?.["pool"] as { readonly owner?: string | number } | undefined
  return pool?.owner === undefined ? undefined : Result.getOrThrow(parseTapOwner(`${pool.owner}`))
}
