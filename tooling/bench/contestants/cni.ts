import { existsSync } from "node:fs"
import { addNetns, deleteNetns } from "../../../packages/ops-native/src/link/netnsChanges.ts"
import { Spawner } from "./Spawner.ts"
import type { MakeContestant } from "./Stage.ts"

/** Where Debian's containernetworking-plugins are. */
const directory = "/usr/lib/cni"

export const cniIsThere = (): boolean =>
  ["bridge", "portmap", "firewall"].every((one) => existsSync(`${directory}/${one}`))

/** A chain as container engines configure it. */
const chain = [
  {
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: {
      type: "host-local",
      dataDir: "/run/vmnet/cni",
      ranges: [[{ subnet: "10.96.0.0/16" }]],
      routes: [{ dst: "0.0.0.0/0" }]
    }
  },
  { type: "portmap", capabilities: { portMappings: true } },
  { type: "firewall", backend: "iptables" }
] as const

/** What a runtime does for one command: each plugin in turn, with the result of the one before. The milliseconds of all. */
const call = async (spawner: Spawner, command: "ADD" | "DEL", name: string): Promise<number> => {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: name,
    CNI_NETNS: `/run/netns/${name}`,
    CNI_IFNAME: "eth0",
    CNI_PATH: directory
  }
  let took = 0
  let prevResult: unknown
  for (const plugin of command === "ADD" ? chain : chain.toReversed()) {
    const config = { cniVersion: "0.4.0", name: "bench", ...plugin, runtimeConfig: { portMappings: [] } }
    const input = JSON.stringify(prevResult === undefined ? config : { ...config, prevResult })
    const { ms, output } = await spawner.run([{ argv: [`${directory}/${plugin.type}`], env, input }])
    took += ms
    if (command === "ADD") prevResult = JSON.parse(output)
  }
  return took
}

/** What this process does itself, in milliseconds. */
const timed = (work: () => void): number => {
  const began = performance.now()
  work()
  return performance.now() - began
}

const attach = async (spawner: Spawner, name: string): Promise<number> =>
  timed(() => addNetns({ _tag: "AddNetns", name, alias: "bench" })[Symbol.dispose]()) +
  (await call(spawner, "ADD", name))

const detach = async (spawner: Spawner, name: string): Promise<number> =>
  (await call(spawner, "DEL", name)) + timed(() => deleteNetns({ _tag: "DeleteNetns", name }))

/** Whatever of it is left. */
const clear = async (spawner: Spawner, name: string): Promise<void> => {
  await call(spawner, "DEL", name).catch(() => {})
  try {
    deleteNetns({ _tag: "DeleteNetns", name })
  } catch {
    // It has gone already.
  }
}

/** A namespace, made and deleted in this process as an engine does, and the plugins' chain in between. No port is mapped. */
export const cni: MakeContestant = () => {
  const spawner = Spawner.start()
  return {
    key: "cni",
    // The first one makes the bridge and the chains, which stay.
    begin: async () => {
      await attach(spawner, "cni-first")
      await detach(spawner, "cni-first")
    },
    prepare: async (turn) => {
      const name = `cni-${turn}`
      let isUp = false
      return {
        attach: () => {
          isUp = true
          return attach(spawner, name)
        },
        detach: async () => {
          const took = await detach(spawner, name)
          isUp = false
          return took
        },
        clear: async () => {
          if (isUp) await clear(spawner, name)
        }
      }
    }
  }
}
