import type { NetworkSpec } from "@vmnet/core"

/** The program that is the network: networks.NAME.engine, which the configuration has checked. */
export type Engine = "slirp4netns" | "pasta"

export const engineOf = ({ options }: NetworkSpec): Engine =>
  options?.["engine"] === "pasta" ? "pasta" : "slirp4netns"
