import { koffi } from "./koffi.ts"

/**
 * Every foreign function there is, in one place. All but one of them are called synchronously and none keeps a pointer into our
 * memory when it returns. Sizes are given next to each buffer by the callers, which are in this directory only.
 *
 * A negative result is a failure and leaves `errno` (see `errno`), as the manual pages in section 2 say.
 */
export interface Libc {
  /** socket(2) */
  readonly socket: (domain: number, type: number, protocol: number) => number
  /** setsockopt(2) with an `int` as value. */
  readonly setsockopt: (fd: number, level: number, name: number, value: Int32Array, size: number) => number
  /** send(2) */
  readonly send: (fd: number, message: Uint8Array, size: number, flags: number) => number
  /**
   * The same on a thread of Node's pool, for what makes the kernel wait. `done` is told the result, on this thread again; who
   * calls keeps the message until then. There is no `errno` to be had of another thread.
   */
  readonly sendBehind: (
    fd: number,
    message: Uint8Array,
    size: number,
    flags: number,
    done: (failure: unknown, result: number) => void
  ) => void
  /** recv(2) */
  readonly recv: (fd: number, buffer: Uint8Array, size: number, flags: number) => number
  /** ioctl(2) whose argument is a structure. */
  readonly ioctlData: (fd: number, request: number, data: Uint8Array) => number
  /** ioctl(2) whose argument is a number. */
  readonly ioctlNumber: (fd: number, request: number, value: number) => number
  /** setns(2) */
  readonly setns: (fd: number, kind: number) => number
  /** unshare(2) */
  readonly unshare: (flags: number) => number
  /** mount(2); there is never any data. */
  readonly mount: (source: string, target: string, type: string | null, flags: number, data: null) => number
  /** umount2(2) */
  readonly umount2: (target: string, flags: number) => number
  /** flock(2) */
  readonly flock: (fd: number, operation: number) => number
  /** memfd_create(2) */
  readonly memfd_create: (label: string, flags: number) => number
  /** strerror(3) */
  readonly strerror: (errno: number) => string
}

/** libnftables(3): a context belongs to the network namespace it was made in. */
export interface Libnftables {
  readonly nft_ctx_new: (flags: number) => NftContext | null
  readonly nft_ctx_free: (context: NftContext) => void
  readonly nft_ctx_buffer_output: (context: NftContext) => number
  readonly nft_ctx_buffer_error: (context: NftContext) => number
  readonly nft_ctx_get_output_buffer: (context: NftContext) => string
  readonly nft_ctx_get_error_buffer: (context: NftContext) => string
  readonly nft_ctx_output_set_flags: (context: NftContext, flags: number) => void
  readonly nft_ctx_output_set_debug: (context: NftContext, mask: number) => void
  readonly nft_ctx_set_dry_run: (context: NftContext, on: boolean) => void
  readonly nft_run_cmd_from_buffer: (context: NftContext, input: string) => number
  readonly nft_run_cmd_from_filename: (context: NftContext, path: string) => number
}

declare const nftContext: unique symbol
/** `struct nft_ctx *`, which only libnftables looks into. */
export interface NftContext {
  readonly [nftContext]: true
}

/** What the last call left in `errno`; to be asked for at once, before any other call. */
export const errno = (): number => koffi().errno()

let libc: Libc | undefined

/** Throws where the library is not there or lacks a function, which no Linux with glibc does. */
export const loadLibc = (): Libc => {
  if (libc !== undefined) return libc
  const library = koffi().load("libc.so.6")
  const send = library.func("intptr_t send(int, const uint8_t *, size_t, int)")
  libc = {
    socket: library.func("int socket(int, int, int)"),
    setsockopt: library.func("int setsockopt(int, int, int, const int *, uint32_t)"),
    send,
    sendBehind: (...given) => send.async(...given),
    recv: library.func("intptr_t recv(int, _Out_ uint8_t *, size_t, int)"),
    ioctlData: library.func("ioctl", "int", ["int", "unsigned long", "uint8_t *"]),
    ioctlNumber: library.func("ioctl", "int", ["int", "unsigned long", "long"]),
    setns: library.func("int setns(int, int)"),
    unshare: library.func("int unshare(int)"),
    mount: library.func("int mount(const char *, const char *, const char *, unsigned long, const void *)"),
    umount2: library.func("int umount2(const char *, int)"),
    flock: library.func("int flock(int, int)"),
    memfd_create: library.func("int memfd_create(const char *, unsigned int)"),
    strerror: library.func("const char *strerror(int)")
  }
  return libc
}

let libnftables: Libnftables | undefined

/** Throws where Debian's `libnftables1`, or what it is called elsewhere, is not installed. */
export const loadLibnftables = (): Libnftables => {
  if (libnftables !== undefined) return libnftables
  const library = koffi().load("libnftables.so.1")
  koffi().opaque("nft_ctx")
  libnftables = {
    nft_ctx_new: library.func("nft_ctx *nft_ctx_new(uint32_t)"),
    nft_ctx_free: library.func("void nft_ctx_free(nft_ctx *)"),
    nft_ctx_buffer_output: library.func("int nft_ctx_buffer_output(nft_ctx *)"),
    nft_ctx_buffer_error: library.func("int nft_ctx_buffer_error(nft_ctx *)"),
    nft_ctx_get_output_buffer: library.func("const char *nft_ctx_get_output_buffer(nft_ctx *)"),
    nft_ctx_get_error_buffer: library.func("const char *nft_ctx_get_error_buffer(nft_ctx *)"),
    nft_ctx_output_set_flags: library.func("void nft_ctx_output_set_flags(nft_ctx *, unsigned int)"),
    nft_ctx_output_set_debug: library.func("void nft_ctx_output_set_debug(nft_ctx *, unsigned int)"),
    nft_ctx_set_dry_run: library.func("void nft_ctx_set_dry_run(nft_ctx *, bool)"),
    nft_run_cmd_from_buffer: library.func("int nft_run_cmd_from_buffer(nft_ctx *, const char *)"),
    nft_run_cmd_from_filename: library.func("int nft_run_cmd_from_filename(nft_ctx *, const char *)")
  }
  return libnftables
}
