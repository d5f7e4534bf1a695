import { existsSync } from "node:fs"
import { addNetns, deleteNetns } from "../../../packages/ops-native/src/link/netnsChanges.ts"
import { runProgram } from "./runProgram.ts"
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

/** What a runtime does for one command: each plugin in turn, with the result of the one before. */
const call = (command: "ADD" | "DEL", name: string): void => {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: name,
    CNI_NETNS: `/run/netns/${name}`,
    CNI_IFNAME: "eth0",
    CNI_PATH: directory
  }
  let prevResult: unknown
  for (const plugin of command === "ADD" ? chain : chain.toReversed()) {
    const config = { cniVersion: "0.4.0", name: "bench", ...plugin, runtimeConfig: { portMappings: [] } }
    const input = JSON.stringify(prevResult === undefined ? config : { ...config, prevResult })
    const output = runProgram([`${directory}/${plugin.type}`], { env, input })
    if (command === "ADD") prevResult = JSON.parse(output)
  }
}

const quietly = (work: () => void): void => {
  try {
    work()
  } catch {
    // Most of it has gone already.
  }
}

const attach = (name: string): void => {
  addNetns({ _tag: "AddNetns", name, alias: "bench" })[Symbol.dispose]()
  call("ADD", name)
}

const detach = (name: string): void => {
  call("DEL", name)
  deleteNetns({ _tag: "DeleteNetns", name })
}

/** A namespace, made and deleted in this process as an engine does, and the plugins' chain in between. No port is mapped. */
export const cni: MakeContestant = () => {
  // The first one makes the bridge and the chains, which stay.
  attach("cni-first")
  detach("cni-first")
  return {
    key: "cni",
    prepare: async (turn) => {
      const name = `cni-${turn}`
      let isUp = false
      return {
        attach: async () => {
          isUp = true
          attach(name)
        },
        detach: async () => {
          detach(name)
          isUp = false
        },
        clear: async () => {
          if (!isUp) return
          quietly(() => call("DEL", name))
          quietly(() => deleteNetns({ _tag: "DeleteNetns", name }))
        }
      }
    }
  }
}
