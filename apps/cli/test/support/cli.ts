import { NodeServices } from "@effect/platform-node"
import { Backends, HostProbe, type HostSurvey, type Vmnet, type VmnetError } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { TestConsole } from "effect/testing"
import { Invocation } from "#src/cli/Invocation"
import { runCli } from "#src/cli/program"
import { Engine } from "#src/Engine"
import { type CommandLine, CommandRunner } from "#src/exec/CommandRunner"
import { Streams } from "#src/terminal/Streams"
import { fakeBackend } from "./fakeBackend.ts"
import { type FakeOptions, fakeVmnet } from "./fakeVmnet.ts"

export interface World extends FakeOptions {
  /** Both streams are a terminal of this many columns; a pipe otherwise. */
  readonly terminal?: number
  readonly color?: true
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly exitCode?: number
  readonly survey?: Layer.Layer<HostSurvey>
  /** In place of the fakes. */
  readonly engine?: {
    readonly host: Layer.Layer<Backends | HostProbe>
    readonly vmnet: Layer.Layer<Vmnet, VmnetError>
  }
}

/** What a run left: its exit code, both streams, what was drawn in place, and what it asked of others. */
export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly drawn: string
  readonly stateDirs: ReadonlyArray<string>
  readonly commands: ReadonlyArray<CommandLine>
  readonly vmnet: ReturnType<typeof fakeVmnet>
}

const text = (lines: ReadonlyArray<unknown>): string => lines.map((line) => `${String(line)}\n`).join("")

/** A host on which one process runs: 4242. */
export const probe = HostProbe.of({
  self: { pid: 1, startTime: "1", bootId: "boot" },
  find: (pid) => (pid === 4242 ? { pid, startTime: "77", bootId: "boot" } : null),
  alive: () => true,
  sockets: Effect.succeed([]),
  resolvers: Effect.succeed(["198.51.100.53"]),
  namespace: () => null,
  inhabited: () => Effect.succeed(false),
  tunsOf: () => [],
  tapUse: () => Effect.succeed({ held: false, uid: null, gid: null }),
  missingCapabilities: []
})

const host = Layer.merge(Layer.succeed(HostProbe, probe), Backends.layerOf([fakeBackend]))

/** The whole program as a user runs it, over an in-memory `Vmnet`. */
export const makeCli = (world: World = {}) => {
  const vmnet = fakeVmnet(world)
  return Effect.fn("cli")(function* (...argv: ReadonlyArray<string>) {
    const drawn: Array<string> = []
    const stateDirs: Array<string> = []
    const commands: Array<CommandLine> = []
    const look = { terminal: world.terminal !== undefined, color: world.color === true }
    const layers = Layer.mergeAll(
      NodeServices.layer,
      // Every run has a console of its own; the test's would keep what earlier runs said.
      Layer.fresh(TestConsole.layer),
      Layer.succeed(Streams, {
        stdout: look,
        stderr: look,
        columns: () => world.terminal ?? 80,
        drawStderr: (piece) => Effect.sync(() => void drawn.push(piece))
      }),
      Layer.succeed(Engine, {
        host: Effect.succeed(world.engine?.host ?? host),
        survey: Effect.succeed(world.survey ?? MemoryKernel.make().layer),
        vmnet: ({ stateDir }) => Effect.sync(() => (stateDirs.push(stateDir), world.engine?.vmnet ?? vmnet.layer))
      }),
      Layer.succeed(CommandRunner, {
        run: (command) => Effect.sync(() => (commands.push(command), world.exitCode ?? 0))
      }),
      Layer.succeed(Invocation, {
        uid: world.uid ?? 0,
        env: world.env ?? {},
        configFile: "/nonexistent/default.yaml"
      })
    )
    const run = Effect.gen(function* () {
      const code = yield* runCli(argv)
      const stdout = text(yield* TestConsole.logLines)
      const stderr = text(yield* TestConsole.errorLines)
      return { code, stdout, stderr, drawn: drawn.join(""), stateDirs, commands, vmnet } satisfies Run
    })
    return yield* Effect.provide(run, layers)
  })
}
