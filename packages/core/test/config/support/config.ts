import { assert } from "@effect/vitest"
import {
  type AttachRequest,
  type Config,
  decodeConfig,
  type DefaultNetworks,
  type RequestFlags,
  resolveWithOrigins
} from "@vmnet/core"
import { Result } from "effect"
import { ok } from "../../names/support/parsed.ts"

export const file = "config.yaml"

/** The configuration of the design document. */
export const example = `networks:
  web:   { backend: bridge, subnet: 10.0.42.0/24, dns: [198.51.100.53] }
  slots: { backend: netns, pool: { warm: 32 } }
vms:
  api:    { network: web, publish: ["8080:80"], egress: internet }
  agent1: { backend: netns, egress: { allow: ["203.0.113.0/24:443"] } }
forwarding: global            # net.ipv4.ip_forward, refcounted and restored
`

export const decode = (text: string): Config => ok(decodeConfig(text, file))

/** The lines of a refusal, in the order they are printed; none when the text is accepted. */
export const problems = (text: string): ReadonlyArray<string> =>
  Result.match(decodeConfig(text, file), {
    onFailure: (error) => error.message.split("\n"),
    onSuccess: () => []
  })

export const defaults: DefaultNetworks = { bridge: { subnet: "10.0.42.0/24", addressing: "hash" } }

export const resolvers = ["192.0.2.53"]

const running = { pid: 4711, startTime: "12345", bootId: "b6f0" }

/** Resolves flags on a host where one process runs: 4711. */
export const resolve = (text: string, flags: Partial<RequestFlags>) =>
  resolveWithOrigins({
    config: decode(text),
    flags: { vm: "vm1", publish: [], egress: [], ...flags },
    defaults,
    facts: { findProcess: (pid) => (pid === running.pid ? running : null), resolvers }
  })

export const request = (...given: Parameters<typeof resolve>): AttachRequest => ok(resolve(...given)).request

/** The lines of a refusal; none when the request goes through. */
export const refused = (...given: Parameters<typeof resolve>): ReadonlyArray<string> =>
  Result.match(resolve(...given), {
    onFailure: (error) => {
      assert.strictEqual(error.code, "BAD_INPUT")
      assert.strictEqual(error.exitCode, 2)
      return error.message.split("\n")
    },
    onSuccess: () => []
  })

/** The network of the bridge backend that nobody configured. */
export const bridge = {
  network: "bridge",
  backend: "bridge",
  subnet: "10.0.42.0/24",
  gateway: "10.0.42.1",
  dns: resolvers,
  mtu: 1500,
  addressing: "hash",
  exclude: [],
  isolated: false,
  hostAccess: false,
  masquerade: true,
  cooldown: 60
} as const
