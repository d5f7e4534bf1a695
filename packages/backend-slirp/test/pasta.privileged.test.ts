import { assert, it } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { vmnetCommand } from "@vmnet/testkit/conformance"
import { mkdtempDisposableSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { leavesNoTrace, onPrivateHost, users } from "./support/host.ts"
import { native } from "./support/subjects.ts"

const [user] = users()

it.live(
  "with pasta a guest reaches the internet, its ports are reached, and they are not changed while it is up",
  () =>
    onPrivateHost(
      leavesNoTrace(
        user,
        Effect.gen(function* () {
          const host = yield* PrivateHost
          yield* host.serve("host", { port: 7000, page: "loopback", address: "127.0.0.1" })
          const config = yield* user.configured("networks:\n  fast: { backend: slirp, engine: pasta }\n")
          const flags = ["--config", config, "--network", "fast"]
          const attachment = yield* user.up("vm1", ...flags, "-p", "8080:80")
          const guest = yield* user.boot(attachment)
          yield* guest.serve({ port: 80, page: "guest" })
          const fetch = (url: string) => guest.exec(["wget", "-q", "-T", "5", "-O", "-", url])
          assert.include((yield* fetch("http://203.0.113.10/")).stdout, '"page":"internet"')
          assert.include((yield* fetch("http://example.test/")).stdout, '"page":"internet"')
          assert.notStrictEqual((yield* fetch("http://10.0.3.2:7000/")).exitCode, 0)
          assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8080/")).seen?.page, "guest")
          assert.strictEqual((yield* host.http("host", "http://192.0.2.10:8080/")).seen?.page, "guest")
          const refused = yield* user.vmnet(["publish", "vm1", "9090:90", "--json"])
          assert.deepStrictEqual([refused.code, JSON.parse(refused.stderr).error.code], [2, "OPTION_UNSUPPORTED"])
          yield* user.ok("down", "vm1")
        })
      )
    ),
  120_000
)

it.live("pasta is not for root, who is told so before anything is made", () =>
  onPrivateHost(
    leavesNoTrace(
      user,
      Effect.gen(function* () {
        using directory = mkdtempDisposableSync(join(tmpdir(), "vmnet-pasta-"))
        const config = join(directory.path, "config.yaml")
        writeFileSync(config, "networks:\n  fast: { backend: slirp, engine: pasta }\n")
        const argv = [
          "up",
          "vm1",
          "--config",
          config,
          "--network",
          "fast",
          "--state-dir",
          join(directory.path, "state")
        ]
        const { code, lines } = yield* vmnetCommand(native.vmnet)(argv)
        assert.strictEqual(code, 6)
        assert.include(lines.join("\n"), "pasta does not work for root")
        assert.include(lines.join("\n"), "set engine: slirp4netns")
      })
    )
  )
)
