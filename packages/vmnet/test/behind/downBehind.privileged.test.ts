import { assert, layer } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Layer } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { createVmnet } from "vmnet"
import { onHost } from "../support/onHost.ts"

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const datagrams = [process.execPath, program("datagrams.ts")] as const

const passed = async (run: Promise<string>) => {
  const { count, latest } = JSON.parse(await run) as { count: number; latest: string }
  return { count, latest: BigInt(latest) }
}

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "120 seconds" })((it) => {
  it.effect(
    "what is sent after the answer does not arrive, in neither direction, and the host is as it was in the end",
    () =>
      onHost(["api"], async ({ netnsOf, run }) => {
        const netns = netnsOf("api")
        await using vmnet = createVmnet({ config: {} })
        const vm = await vmnet.up({ vm: "api", netns, publish: "4243:4243/udp" })
        const receiving = [
          run("internet", [...datagrams, "receive", "4242", "2500"]),
          run(netns, [...datagrams, "receive", "4243", "2500"])
        ].map(passed)
        await setTimeout(500)
        const sending = [
          run(netns, [...datagrams, "send", "203.0.113.10", "4242", "1500"]),
          run("lan", [...datagrams, "send", "192.0.2.10", "4243", "1500"])
        ].map(passed)
        await setTimeout(700)
        assert.deepStrictEqual(await vm.down(), { vm: "api", outcome: "releasing" })
        const answered = process.hrtime.bigint()
        for (const sent of await Promise.all(sending)) assert.isTrue(sent.latest > answered, "sending ended too early")
        for (const { count, latest } of await Promise.all(receiving)) {
          assert.isAbove(count, 0)
          assert.isTrue(latest < answered, `sent ${Number(latest - answered) / 1e6} ms after the answer, and arrived`)
        }
      })
  )

  for (const backend of ["bridge", "netns", "tap"]) {
    it.effect(`64 VMs at once (${backend}): their names come back when they are gone`, () =>
      onHost([], async () => {
        await using vmnet = createVmnet({ config: {} })
        const names = Array.from({ length: 64 }, (_, at) => `vm${at}`)
        const generations = new Map<string, number>()
        for (const vm of names) generations.set(vm, (await vmnet.up({ vm, backend })).generation)
        const answers = await Promise.all(names.map((vm) => vmnet.down(vm)))
        assert.deepStrictEqual([...new Set(answers.map(({ outcome }) => outcome))], ["releasing"])
        const again = await Promise.all(names.map((vm) => vmnet.up({ vm, backend })))
        for (const { existing, generation, vm } of again)
          assert.deepStrictEqual([vm, existing, generation], [vm, false, generations.get(vm)! + 1])
        assert.deepStrictEqual((await vmnet.check()).drift, [])
        for (const vm of names) await vmnet.down(vm)
        // And closing waits for the rest.
      })
    )

    it.effect(`a process that dies at its answers (${backend}) leaves what gc finishes`, () =>
      onHost([], async () => {
        const child = spawn(process.execPath, [program("killedAtAnswer.ts"), backend, "4"], {
          stdio: ["ignore", "pipe", "inherit"]
        })
        const [said] = await Promise.all([text(child.stdout), once(child, "exit")])
        assert.strictEqual(said.trim(), "releasing releasing releasing releasing")
        assert.strictEqual(child.signalCode, "SIGKILL")
        await using vmnet = createVmnet({ config: {} })
        const { releasing } = (await vmnet.status()).leases
        assert.isAbove(releasing, 0)
        assert.deepStrictEqual((await vmnet.gc()).problems, [])
        assert.deepStrictEqual(await vmnet.list(), [])
      })
    )
  }
})
