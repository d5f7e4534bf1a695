export { tapBackend } from "./tapBackend.ts"
