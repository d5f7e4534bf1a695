export * from "./link/LinkOpsNetlink.ts"
export * from "./netlink/NetlinkSocket.ts"
export * from "./sysctl/SysctlOpsNative.ts"
