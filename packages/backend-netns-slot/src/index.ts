export { netnsSlotBackend } from "./netnsSlotBackend.ts"
export { guest } from "./guest.ts"
