export * from "./netlink/NetlinkSocket.ts"
