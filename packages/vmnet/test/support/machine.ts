import { hostNetns } from "@vmnet/core"
import { MemoryKernel, temporaryDirectory } from "@vmnet/testkit"
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createVmnet, type VmnetOptions } from "vmnet"

/** A host in memory with an uplink, and a directory for ledgers that goes with its scope. */
export const makeMachine = () => {
  const kernel = MemoryKernel.make()
  kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
  kernel.foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
  const directory = temporaryDirectory("facade")
  const stateDir = join(directory, "state")
  return {
    kernel,
    stateDir,
    vmnet: (options: VmnetOptions = {}) => createVmnet({ kernel, stateDir, config: {}, ...options }),
    files: () => readdirSync(directory),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true })
  }
}

/** What a promise rejects with; fails when it does not. */
export const rejection = async (promise: PromiseLike<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("it was fulfilled")
}
