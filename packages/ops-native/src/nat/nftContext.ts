import type { NftAnswer } from "@vmnet/ops-common"
import { closeSync, writeSync } from "node:fs"
import { loadLibc, loadLibnftables, type NftContext } from "../ffi/foreign.ts"
import { checked } from "../ffi/SystemCallError.ts"
import { NetlinkSocket } from "../netlink/NetlinkSocket.ts"
import { netfilter } from "./nfnetlink.ts"

/** `NFT_CTX_OUTPUT_*` of nftables/libnftables.h; `numeric` is what `nft -n` sets. */
export const output = { json: 1 << 4, echo: 1 << 5, numeric: (1 << 7) | (1 << 8) | (1 << 9) | (1 << 10) } as const

/** `NFT_DEBUG_MNL`: every message is printed as it is sent. */
const debugMessages = 0x10

/** `MFD_CLOEXEC` of linux/memfd.h. */
const closeOnExec = 1

/**
 * libnftables ends the process (`exit(3)`) when it finds no memory (`memory_allocation_error`), when it cannot open its netlink
 * socket (`netlink_init_error`) and when the kernel sends what netlink cannot be (`netlink_abi_error`). The second can happen
 * to whoever has too many files open: a socket of ours is opened first, so that it happens to that one, which throws.
 */
const make = (): NftContext => {
  new NetlinkSocket(netfilter).close()
  const context = loadLibnftables().nft_ctx_new(0)
  if (context === null) throw new Error("libnftables gave no context")
  return context
}

/** A context of the calling thread's network namespace, for this one call: a context remembers what it has listed. */
const withContext = (flags: number, run: (context: NftContext) => number): NftAnswer => {
  const nft = loadLibnftables()
  const context = make()
  try {
    if (nft.nft_ctx_buffer_output(context) !== 0 || nft.nft_ctx_buffer_error(context) !== 0) {
      throw new Error("libnftables has no buffer for its output")
    }
    nft.nft_ctx_output_set_flags(context, flags)
    const code = run(context)
    const stdout = nft.nft_ctx_get_output_buffer(context)
    return { ok: code === 0, stdout, stderr: nft.nft_ctx_get_error_buffer(context) }
  } finally {
    nft.nft_ctx_free(context)
  }
}

/** `nft COMMAND` */
export const runCommand = (command: string, flags: number): NftAnswer =>
  withContext(flags, (context) => loadLibnftables().nft_run_cmd_from_buffer(context, command))

/** `nft --debug=mnl COMMAND` */
export const runDebugged = (command: string): NftAnswer =>
  withContext(0, (context) => {
    loadLibnftables().nft_ctx_output_set_debug(context, debugMessages)
    return loadLibnftables().nft_run_cmd_from_buffer(context, command)
  })

const inMemory = <A>(text: string, use: (path: string) => A): A => {
  const fd = checked("memfd_create", loadLibc().memfd_create("nft", closeOnExec))
  try {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, at)
    return use(`/proc/self/fd/${fd}`)
  } finally {
    closeSync(fd)
  }
}

/**
 * `nft -f -`, from a file that is memory: the library tells lines of files only, a buffer has none. The file is called what
 * the program's would be.
 */
export const runText = (text: string): NftAnswer =>
  inMemory(text, (path) => {
    const answer = withContext(0, (context) => loadLibnftables().nft_run_cmd_from_filename(context, path))
    return { ...answer, stderr: answer.stderr.replaceAll(path, "/dev/stdin") }
  })
