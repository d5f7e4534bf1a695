import type { LeaseState } from "@vmnet/core"
import type { Style } from "../terminal/style.ts"
import type { Cell } from "./columns.ts"

export const stateCell = (state: LeaseState, style: Style): Cell => ({
  text: state,
  paint: state === "active" ? style.green : state === "failed" ? style.red : style.yellow
})
