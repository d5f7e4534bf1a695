export * from "./Ipv4.ts"
export * from "./Ports.ts"
export * from "./Publish.ts"
export * from "./Egress.ts"
