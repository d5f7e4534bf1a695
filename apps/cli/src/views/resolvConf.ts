import type { ResolvConfResult } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { fields } from "./columns.ts"

export const resolvConfDocument = ({ vm, rootfs, path, nameservers }: ResolvConfResult): Document => ({
  json: { vm, rootfs, path, nameservers },
  table: (style) =>
    fields(
      [
        ["VM", { text: vm, paint: style.bold }],
        ["mounted at", path],
        ["DNS", nameservers.join(", ")]
      ],
      style
    )
})
