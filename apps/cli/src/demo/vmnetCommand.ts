import { Attachment, VmnetError } from "@vmnet/core"
import { Effect, Schema } from "effect"
import { execFile } from "node:child_process"

/** How long one command of the demo may take, in milliseconds. */
const patience = 30_000

/** Runs this very program as a user would: a process of its own, its answer read from stdout. */
export const vmnet = (...args: ReadonlyArray<string>): Effect.Effect<string, VmnetError> =>
  Effect.callback((resume) => {
    const argv = [process.argv[1]!, ...args]
    const child = execFile(process.execPath, argv, { timeout: patience }, (error, stdout, stderr) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.fail(failed(args, stderr, error)))
    )
    return Effect.sync(() => void child.kill("SIGTERM"))
  })

export const up = (...args: ReadonlyArray<string>): Effect.Effect<Attachment, VmnetError> =>
  Effect.flatMap(vmnet("up", ...args, "--json"), (answer) =>
    Effect.orDie(Schema.decodeUnknownEffect(Schema.fromJsonString(Attachment))(answer))
  )

const failed = (args: ReadonlyArray<string>, stderr: string, cause: Error): VmnetError =>
  new VmnetError({ code: "STEP_FAILED", detail: `vmnet ${args.join(" ")}: ${stderr.trim() || cause.message}`, cause })
