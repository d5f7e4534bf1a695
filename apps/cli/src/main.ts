import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { version } from "./version.ts"

const root = Command.make("vmnet").pipe(Command.withDescription("Host-side networking for virtual machines"))

root.pipe(Command.run({ version }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)
