import { assert, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { identify, readBootId } from "../../src/helpers/identify.ts"
import { listHelpers } from "../../src/helpers/listHelpers.ts"
import { placeOf } from "../../src/helpers/place.ts"

const install = "0123abcd"

/** A process of ours with the tag of a helper; what it says tells that it is where it should be. */
const started = async (owner: string, program: string, args: ReadonlyArray<string>): Promise<ChildProcess> => {
  const env = { PATH: "/usr/bin:/bin", VMNET_OWNER: owner, VMNET_HELPER: "slirp4netns" }
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "inherit"] })
  await once(child.stdout!, "data")
  return child
}

const ended = async (child: ChildProcess): Promise<void> => {
  child.stdin!.end()
  await once(child, "exit")
}

it("a helper of a container, with another directory under the path of ours, is not ours", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "vmnet-elsewhere-"))
  const [ours, theirs] = [`vmnet:${install}:here:1`, `vmnet:${install}:there:1`]
  const wait = "echo ready; read line"
  const here = await started(ours, "sh", ["-c", wait])
  const script = `mount -t tmpfs tmpfs "$0" && ${wait}`
  const apart = ["--mount", "--propagation", "private"]
  const there = await started(theirs, "unshare", [...apart, "sh", "-c", script, stateDir])
  try {
    const bootId = readBootId()
    const context = { stateDir, bootId, commands: undefined as never }
    assert.deepStrictEqual(listHelpers(context, install), [{ owner: ours, helper: "slirp4netns" }])
    const find = (owner: string) => {
      const key = { owner, helper: "slirp4netns" } as const
      return identify(placeOf(stateDir, key), key, bootId)._tag
    }
    assert.deepStrictEqual([find(ours), find(theirs)], ["Running", "Absent"])
  } finally {
    await Promise.all([ended(here), ended(there)])
    rmSync(stateDir, { recursive: true })
  }
})
