import { assert, describe, it } from "@effect/vitest"
import { type Config, configJsonSchema, decodeConfig, formatConfig } from "@vmnet/core"
import { JsonSchema, Result, Schema, SchemaRepresentation } from "effect"
import { decode, defaults, example, resolvers } from "./support/config.ts"

const format = (config: Config) => formatConfig(config, { defaults, resolvers })

const rich = `
networks:
  bridge: {}
  web: { subnet: 10.1.0.0/24, exclude: [10.1.0.64/26] }
  slots: { backend: netns, pool: { warm: 3 } }
  flat: { backend: tap, subnet: 10.3.0.0/24 }
vms:
  a: { network: web, publish: ["0.0.0.0:80-81:1080/udp"], mac: "02:FC:00:00:00:0A", tapOwner: 5 }
  b: { network: slots, egress: { allow: ["203.0.113.7/32:443", "203.0.113.0/24"] } }
  c: { backend: slirp, publish: ["8080:80"] }
  d: {}
`

describe("the effective configuration", () => {
  it("has every default written out, in one form", () => {
    assert.deepStrictEqual(format(decode(rich)), {
      networks: {
        bridge: {
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
        },
        web: {
          backend: "bridge",
          subnet: "10.1.0.0/24",
          gateway: "10.1.0.1",
          dns: resolvers,
          mtu: 1500,
          addressing: "hash",
          exclude: ["10.1.0.64/26"],
          isolated: false,
          hostAccess: false,
          masquerade: true,
          cooldown: 60
        },
        slots: { backend: "netns", pool: { warm: 3 } },
        flat: { backend: "tap", subnet: "10.3.0.0/24" }
      },
      vms: {
        a: {
          backend: "bridge",
          network: "web",
          publish: ["80-81:1080-1081/udp"],
          egress: "internet",
          mac: "02:fc:00:00:00:0a",
          tapOwner: "5"
        },
        b: { backend: "netns", network: "slots", publish: [], egress: { allow: ["203.0.113.0/24"] } },
        c: { backend: "slirp", network: "slirp", publish: ["8080:80/tcp"], egress: "internet" },
        d: { backend: "bridge", network: "bridge", publish: [], egress: "internet" }
      },
      forwarding: "global"
    })
  })

  it("is itself a configuration, whose effective configuration is itself", () => {
    for (const text of [example, rich, ""]) {
      const effective = format(decode(text))
      assert.deepStrictEqual(format(decode(JSON.stringify(effective))), effective)
    }
  })
})

describe("the JSON Schema of a configuration", () => {
  const schema = configJsonSchema()
  const document = JsonSchema.fromSchemaDraft2020_12(schema)
  const accepts = (config: unknown) =>
    Result.isSuccess(
      Schema.decodeUnknownResult(
        SchemaRepresentation.fromJsonSchemaDocument(document, { patterns: "apply" }) as Schema.Codec<unknown>,
        {
          onExcessProperty: "error"
        }
      )(config)
    )

  it("says which draft it is, and describes every option", () => {
    assert.strictEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
    const text = JSON.stringify(schema)
    assert.strictEqual(JSON.stringify(JSON.parse(text)), text)
    const described = (part: unknown): ReadonlyArray<string> => {
      const { properties = {}, ...rest } = part as { readonly properties?: Record<string, object> }
      const missing = Object.entries(properties).flatMap(([key, value]) => ("description" in value ? [] : [key]))
      const inner = [...Object.values(properties), ...Object.values(rest)].filter((value) => typeof value === "object")
      return [...missing, ...inner.flatMap(described)]
    }
    assert.deepStrictEqual(described(schema), [])
  })

  it("accepts what decodeConfig accepts", () => {
    for (const text of [example, rich.replace("d: {}", "d: { egress: none }")]) {
      const config = decode(text)
      assert.isTrue(accepts(config), JSON.stringify(config))
      assert.isTrue(accepts(format(config)), JSON.stringify(format(config)))
    }
  })

  it("refuses options and values that no configuration has", () => {
    const wrong: ReadonlyArray<object> = [
      { network: {} },
      { networks: { web: { subnett: "10.0.42.0/24" } } },
      { networks: { web: { subnet: "10.0.42.0" } } },
      { networks: { web: { pool: { warm: 2 } } } },
      { networks: { s: { backend: "netns", isolated: true } } },
      { networks: { web: { mtu: 12 } } },
      { vms: { a: { publish: ["80"] } } },
      { vms: { a: { egress: "all" } } },
      { forwarding: "no" }
    ]
    for (const config of wrong) {
      assert.isFalse(accepts(config), JSON.stringify(config))
      assert.isTrue(Result.isFailure(decodeConfig(JSON.stringify(config), "f")), JSON.stringify(config))
    }
  })
})
