import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { environment, inRoot } from "../bootstrap/workspace.mjs"
import { packAll } from "./packages/packed.ts"

const packed = packAll()
afterAll(() => packed[Symbol.dispose]())

mkdirSync("/run/netns", { recursive: true })

const ip = (...args: ReadonlyArray<string>) => execFileSync("ip", args, { encoding: "utf8" })

/** Links, addresses, routes, tables and namespaces: what vmnet could have left. */
const host = () =>
  [
    ip("-j", "address"),
    ip("route"),
    ...readdirSync("/run/netns"),
    execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" })
  ].join()

/** A program of somebody who has installed vmnet and knows neither TypeScript nor Effect. */
const runConsumer = (name: string, code: string): ReadonlyArray<string> => {
  const cwd = packed.project(name, ["vmnet"])
  writeFileSync(join(cwd, "main.mjs"), code)
  return execFileSync(process.execPath, ["main.mjs"], { cwd, env: environment(), encoding: "utf8", timeout: 30_000 })
    .trimEnd()
    .split("\n")
}

it("the example of the README of vmnet is a plain program that prints what it says and leaves nothing", () => {
  const readme = readFileSync(inRoot("packages", "vmnet", "README.md"), "utf8")
  const code = /```js\n([\s\S]*?)```/.exec(readme)![1]!
  const said = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map((match) => match[1]!.replace(/\.\.\.$/, ""))
  const before = host()
  const lines = runConsumer("readme", code)
  expect(lines.map((line, index) => line.slice(0, said[index]?.length))).toEqual(said)
  expect(lines).toHaveLength(said.length)
  expect(host()).toBe(before)
})

it("a plain program and the command share their VMs", () => {
  ip("netns", "add", "worker")
  const before = host()
  const code = `
    import { execFileSync } from "node:child_process"
    import { createVmnet } from "vmnet"
    const run = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: "utf8" })
    await using vmnet = createVmnet({ config: {} })
    await using vm = await vmnet.up({ vm: "worker", netns: "/run/netns/worker", ip: "10.213.0.7" })
    const inside = JSON.parse(run("ip", "-n", "worker", "-j", "address", "show", "dev", vm.device.name))
    console.log(inside[0].addr_info[0].local, vm.guest.gateway)
    console.log(run("vmnet", "ls", "--json").trim() === JSON.stringify({ vms: [vm] }))
    console.log(run("vmnet", "down", "worker", "--json").trim())
    console.log((await vmnet.list()).length)
  `
  expect(runConsumer("worker", code)).toEqual([
    "10.213.0.7 10.213.0.1",
    "true",
    '{"vms":[{"vm":"worker","outcome":"removed"}]}',
    "0"
  ])
  expect(host()).toBe(before)
  ip("netns", "delete", "worker")
})
