import type { Attachment } from "@vmnet/core"
import type { Style } from "../terminal/style.ts"
import type { Cell } from "./columns.ts"

export const stateCell = ({ ownerEnded, state }: Pick<Attachment, "ownerEnded" | "state">, style: Style): Cell => ({
  text: ownerEnded === true ? `${state}, owner ended` : state,
  paint:
    ownerEnded === true
      ? style.yellow
      : state === "active"
        ? style.green
        : state === "failed"
          ? style.red
          : style.yellow
})
