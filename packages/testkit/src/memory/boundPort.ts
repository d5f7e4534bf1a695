import type { PortForward } from "@vmnet/core"
import type { World } from "./World.ts"

const meets = (a: string, b: string): boolean => a === b || a === "0.0.0.0" || b === "0.0.0.0"

/** Whether a program, or another VM's helper, has the host's port. */
export const boundPort = (world: World, port: PortForward): boolean => {
  const forwards = [...world.helpers.values()].flatMap((state) => state.forwards)
  return (
    forwards.some(
      (other) =>
        other.protocol === port.protocol &&
        other.hostPort === port.hostPort &&
        meets(other.hostAddress, port.hostAddress)
    ) ||
    world.sockets.some(
      (socket) =>
        socket.protocol === port.protocol && socket.port === port.hostPort && meets(socket.address, port.hostAddress)
    )
  )
}
