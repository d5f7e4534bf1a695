import { assert, describe, it } from "@effect/vitest"
import { networksOf } from "@vmnet/core"
import { bridge, decode, defaults, example, refused, request, resolvers } from "./support/config.ts"

describe("the network of a request", () => {
  it("called like a backend is that backend's own", () => {
    assert.strictEqual(request("", { network: "bridge" }).network.network, "bridge")
    const tuned = "networks:\n  bridge: { subnet: 10.9.0.0/24, mtu: 1300 }\n"
    assert.deepInclude(request(tuned, {}).network, { network: "bridge", subnet: "10.9.0.0/24", mtu: 1300 })
  })

  it("decides the backend, and contradicts another", () => {
    assert.deepStrictEqual(refused(example, { network: "slots" }), [
      "--network slots: this program has no netns backend (it has bridge)"
    ])
    assert.deepStrictEqual(refused(example, { network: "web", backend: "netns" }), [
      "--network web: network web is of the bridge backend, not netns (--backend netns)"
    ])
    assert.deepStrictEqual(refused(example, { vm: "agent1" }), [
      "vms.agent1.backend: this program has no netns backend (it has bridge)"
    ])
  })

  it("is one that somebody configured, or nobody needs to", () => {
    assert.deepStrictEqual(refused(example, { network: "wbe" }), [
      '--network wbe: no network "wbe" is configured (did you mean "web"?)'
    ])
    assert.deepStrictEqual(refused("", { backend: "brigde" }), [
      '--backend brigde: there is no such backend (did you mean "bridge"?); backends are bridge, netns, tap, slirp'
    ])
  })

  it("of another backend does not drop what the file says of the VM", () => {
    const agent = 'vms:\n  vm1: { backend: netns, slot: 7, publish: ["8080:80"] }\n'
    assert.deepStrictEqual(refused(agent, { backend: "bridge" }), [
      "vms.vm1.slot: the bridge backend cannot honour it (backends that do: netns)"
    ])
    assert.deepStrictEqual(refused("", { slot: "7" }), [
      "--slot 7: the bridge backend cannot honour it (backends that do: netns)"
    ])
  })

  it("takes no addresses by default that a configured one has", () => {
    const problem =
      "networks.bridge: has no subnet of its own, and the bridge backend's default 10.0.42.0/24 overlaps networks.web " +
      "(10.0.42.0/24): name a network (--network), or give networks.bridge a subnet"
    assert.deepStrictEqual(refused(example, {}), [problem])
    assert.deepStrictEqual(refused(`${example.replace("networks:", "networks:\n  bridge: { mtu: 1400 }")}`, {}), [
      problem
    ])
    assert.strictEqual(request(example, { network: "web" }).network.subnet, "10.0.42.0/24")
  })

  it("are all that are configured and built in", () => {
    assert.deepStrictEqual(networksOf(decode(example), { defaults, resolvers }), [
      { ...bridge, network: "web", dns: ["198.51.100.53"] }
    ])
  })
})
