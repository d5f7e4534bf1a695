import type { Attachment } from "@vmnet/core"

/** `/proc/PID/ns/net`: a namespace that only the user namespace beside it may be entered from. */
const processNetns = /^\/proc\/(\d+)\/ns\/net$/

/** How QEMU gets at the device, as `vmnet exec` would: straight, in a named namespace, or in those of a process. */
const door = (netns: string | null) => {
  const pid = netns === null ? undefined : processNetns.exec(netns)?.[1]
  if (pid === undefined) return netns === null ? {} : { netns }
  return {
    enter: ["nsenter", `--user=/proc/${pid}/ns/user`, `--net=/proc/${pid}/ns/net`, "--preserve-credentials", "--"]
  }
}

/** A guest as its attachment says. */
export const bootOptions = ({ device, guest }: Attachment) => ({
  device: device.name,
  mac: guest.mac,
  address: guest.address,
  gateway: guest.gateway,
  dns: guest.dns,
  mtu: guest.mtu,
  ...door(device.netns)
})
