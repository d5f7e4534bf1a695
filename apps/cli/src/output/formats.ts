import { env } from "./env.ts"
import type { Format } from "./Format.ts"
import { json } from "./json.ts"
import { table } from "./table.ts"

/** Every `-o` there is. A new format is a file beside this one and a line here. */
export const formats: ReadonlyArray<Format> = [table, json, env]

export const formatIds = formats.map((format) => format.id)
