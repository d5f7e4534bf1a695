export { GuestError } from "./errors.ts"
export { Guest, type GuestExecOptions, type GuestServeOptions, type GuestShape } from "./Guest.ts"
export type { GuestResult } from "./GuestControl.ts"
export type { GuestOptions } from "./GuestOptions.ts"
