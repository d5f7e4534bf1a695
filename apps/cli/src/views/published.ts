import { formatPublish, type Published } from "@vmnet/core"

/** As `-p` and `unpublish` take it. */
export const publishedText = (published: Published): string =>
  formatPublish({ ...published, hostAddress: published.hostAddress === "0.0.0.0" ? null : published.hostAddress })
