import type { Attachment } from "@vmnet/core"
import { Guest } from "@vmnet/testkit"
import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { node, openPrograms, vmnetProgram } from "./programs.ts"

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  /** Sees stderr grow, and may kill the command. */
  readonly onStderr?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void
  /** Words that lead root to where the user runs it. */
  readonly enter?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
}

export const copyAndRun = fileURLToPath(new URL("userQemu.ts", import.meta.url))

/** Somebody without any rights, with a runtime directory as a login gives one. */
export class User {
  readonly uid: number
  readonly runtime: string

  constructor(uid: number) {
    this.uid = uid
    this.runtime = `/run/user/${uid}`
    openPrograms()
    mkdirSync("/run/user", { recursive: true, mode: 0o755 })
    mkdirSync(this.runtime, { recursive: true, mode: 0o700 })
    chownSync(this.runtime, uid, uid)
  }

  /** The words in front of a command that make it this user's. */
  get become(): ReadonlyArray<string> {
    return ["setpriv", "--reuid", `${this.uid}`, "--regid", `${this.uid}`, "--clear-groups", "--"]
  }

  readonly vmnet = (
    argv: ReadonlyArray<string>,
    { enter = [], env = {}, onStderr }: CommandOptions = {}
  ): Effect.Effect<Ran> =>
    Effect.promise(async () => {
      const [file = "", ...args] = [...enter, ...this.become, node, vmnetProgram, ...argv]
      const child = spawn(file, args, {
        env: {
          PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
          XDG_RUNTIME_DIR: this.runtime,
          NODE_DISABLE_COMPILE_CACHE: "1",
          ...env
        },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let stdout = ""
      let stderr = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text
        onStderr?.(stderr, (signal) => child.kill(signal))
      })
      const [code] = (await once(child, "close")) as [number | null]
      return { code, stdout, stderr }
    })

  /** Runs a command that has to succeed; its answer. */
  readonly ok = (...argv: ReadonlyArray<string>): Effect.Effect<unknown> =>
    Effect.map(this.vmnet(argv), ({ code, stderr, stdout }) => {
      if (code !== 0) throw new Error(`vmnet ${argv.join(" ")}: exit code ${code}: ${stderr}`)
      return JSON.parse(stdout)
    })

  /** Up until the scope closes, or somebody takes it down before. */
  readonly up = (vm: string, ...argv: ReadonlyArray<string>): Effect.Effect<Attachment, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.map(this.ok("up", vm, "--backend", "slirp", ...argv), (answer) => answer as Attachment),
      () => this.vmnet(["down", vm])
    )

  /** The path of a configuration file with this text. */
  readonly configured = (text: string): Effect.Effect<string> =>
    Effect.sync(() => {
      const path = `${this.runtime}.config.yaml`
      writeFileSync(path, text)
      return path
    })

  /** A real guest of this user on the VM's TAP, set up as the attachment says. */
  readonly boot = (attachment: Attachment) => {
    const { address, dns, gateway, mac, mtu } = attachment.guest
    const namespaces = (attachment.device.netns ?? "").replace(/net$/, "")
    const enter = ["nsenter", `--user=${namespaces}user`, `--net=${namespaces}net`, "--preserve-credentials", "--"]
    const copy = [
      "setpriv",
      "--pdeathsig",
      "KILL",
      "--",
      process.execPath,
      copyAndRun,
      `${this.runtime}.${attachment.vm}.initramfs`
    ]
    return Guest.boot({
      device: attachment.device.name,
      mac,
      address,
      gateway,
      dns,
      mtu,
      enter: [...copy, ...this.become, ...enter]
    })
  }

  /** The process of a helper, as it is on record. */
  readonly helperPid = (vm: string, helper: string): number =>
    JSON.parse(readFileSync(`${this.runtime}/vmnet/helpers/${vm}/${helper}.json`, "utf8")).pid
}
