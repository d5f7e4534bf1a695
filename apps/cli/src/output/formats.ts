import { cloudHypervisor } from "./cloudHypervisor.ts"
import { cloudInit } from "./cloudInit.ts"
import { env } from "./env.ts"
import { firecracker } from "./firecracker.ts"
import type { Format } from "./Format.ts"
import { json } from "./json.ts"
import { kernelArgs } from "./kernelArgs.ts"
import { qemu } from "./qemu.ts"
import { table } from "./table.ts"

/** Every `-o` there is. A new format is a file beside this one and a line here. */
export const formats: ReadonlyArray<Format> = [
  table,
  json,
  env,
  firecracker,
  qemu,
  cloudHypervisor,
  cloudInit,
  kernelArgs
]

export const formatIds = formats.map((format) => format.id)
