export { slirpBackend } from "./slirpBackend.ts"
