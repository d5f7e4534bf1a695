export * from "./nat/NatOpsNetfilter.ts"
export * from "./netlink/NetlinkSocket.ts"
