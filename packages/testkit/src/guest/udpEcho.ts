/*
 * A UDP echo server for the guest, whose busybox has none: `udp-echo PORT PAGE`. A reply is the peer's sockaddr_in (16
 * bytes) as the guest saw it, the message, a zero byte and PAGE. It is machine code, x86-64 with the system calls of
 * Linux, because a program with a libc would be a thousand times its size and would need a compiler to be made.
 */

const code = [
  // Port in decimal from argv[1], to network order; r13 = argv[2].
  "48 8b 74 24 10", //            mov rsi, [rsp+16]
  "31 db", //                     xor ebx, ebx
  "0f b6 0e", //           digit: movzx ecx, byte [rsi]
  "85 c9", //                     test ecx, ecx
  "74 0c", //                     jz port
  "8d 1c 9b", //                  lea ebx, [rbx+rbx*4]
  "8d 5c 59 d0", //               lea ebx, [rcx+rbx*2-'0']
  "48 ff c6", //                  inc rsi
  "eb ed", //                     jmp digit
  "86 fb", //               port: xchg bl, bh
  "4c 8b 6c 24 18", //            mov r13, [rsp+24]
  // r15 = buffer: sockaddr_in { AF_INET, port, 0.0.0.0 }, then room for a message.
  "48 81 ec 00 20 00 00", //      sub rsp, 8192
  "49 89 e7", //                  mov r15, rsp
  "31 c0", //                     xor eax, eax
  "49 89 07", //                  mov [r15], rax
  "49 89 47 08", //               mov [r15+8], rax
  "41 c6 07 02", //               mov byte [r15], AF_INET
  "66 41 89 5f 02", //            mov [r15+2], bx
  // r12 = socket(AF_INET, SOCK_DGRAM, 0)
  "b8 29 00 00 00", //            mov eax, SYS_socket
  "bf 02 00 00 00", //            mov edi, AF_INET
  "be 02 00 00 00", //            mov esi, SOCK_DGRAM
  "31 d2", //                     xor edx, edx
  "0f 05", //                     syscall
  "41 89 c4", //                  mov r12d, eax
  // bind(r12, r15, 16), or exit(1)
  "b8 31 00 00 00", //            mov eax, SYS_bind
  "44 89 e7", //                  mov edi, r12d
  "4c 89 fe", //                  mov rsi, r15
  "ba 10 00 00 00", //            mov edx, 16
  "0f 05", //                     syscall
  "85 c0", //                     test eax, eax
  "75 61", //                     jnz stop
  // recvfrom(r12, r15+16, 2048, 0, r15, &length), the length just below the buffer
  "41 c7 47 f8 10 00 00 00", // again: mov dword [r15-8], 16
  "b8 2d 00 00 00", //            mov eax, SYS_recvfrom
  "44 89 e7", //                  mov edi, r12d
  "49 8d 77 10", //               lea rsi, [r15+16]
  "ba 00 08 00 00", //            mov edx, 2048
  "45 31 d2", //                  xor r10d, r10d
  "4d 89 f8", //                  mov r8, r15
  "4d 8d 4f f8", //               lea r9, [r15-8]
  "0f 05", //                     syscall
  "85 c0", //                     test eax, eax
  "78 38", //                     js stop
  // Append a zero byte and the page, without the page's own zero byte.
  "49 8d 7c 07 10", //            lea rdi, [r15+rax+16]
  "c6 07 00", //                  mov byte [rdi], 0
  "48 ff c7", //                  inc rdi
  "4c 89 ee", //                  mov rsi, r13
  "ac", //                  page: lodsb
  "aa", //                        stosb
  "84 c0", //                     test al, al
  "75 fa", //                     jnz page
  "48 ff cf", //                  dec rdi
  // sendto(r12, r15, rdi - r15, 0, r15, 16)
  "48 89 fa", //                  mov rdx, rdi
  "4c 29 fa", //                  sub rdx, r15
  "b8 2c 00 00 00", //            mov eax, SYS_sendto
  "44 89 e7", //                  mov edi, r12d
  "4c 89 fe", //                  mov rsi, r15
  "45 31 d2", //                  xor r10d, r10d
  "4d 89 f8", //                  mov r8, r15
  "41 b9 10 00 00 00", //         mov r9d, 16
  "0f 05", //                     syscall
  "eb 9f", //                     jmp again
  "bf 01 00 00 00", //      stop: mov edi, 1
  "b8 3c 00 00 00", //            mov eax, SYS_exit
  "0f 05" //                      syscall
]

const base = 0x400000n
const headers = 64 + 56

/** elf(5): an executable for x86-64 with one segment, readable and executable, that is the whole file. */
const elf = (text: Uint8Array): Uint8Array => {
  const file = Buffer.alloc(headers + text.length)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  file.writeUInt16LE(2, 16) // e_type: ET_EXEC
  file.writeUInt16LE(62, 18) // e_machine: EM_X86_64
  file.writeUInt32LE(1, 20) // e_version
  file.writeBigUInt64LE(base + BigInt(headers), 24) // e_entry
  file.writeBigUInt64LE(64n, 32) // e_phoff
  file.writeUInt16LE(64, 52) // e_ehsize
  file.writeUInt16LE(56, 54) // e_phentsize
  file.writeUInt16LE(1, 56) // e_phnum
  file.writeUInt32LE(1, 64) // p_type: PT_LOAD
  file.writeUInt32LE(5, 68) // p_flags: read, execute
  file.writeBigUInt64LE(base, 80) // p_vaddr
  file.writeBigUInt64LE(base, 88) // p_paddr
  file.writeBigUInt64LE(BigInt(file.length), 96) // p_filesz
  file.writeBigUInt64LE(BigInt(file.length), 104) // p_memsz
  file.writeBigUInt64LE(4096n, 112) // p_align
  file.set(text, headers)
  return file
}

/** The executable file. */
export const udpEchoProgram: Uint8Array = elf(Buffer.from(code.join("").replaceAll(" ", ""), "hex"))

/** The longest page that fits the server's buffer beside a message of 2048 bytes. */
export const longestUdpPage = 1024

/** What a reply of the server tells, or undefined if it is no such reply. */
export const decodeUdpEcho = (reply: Uint8Array) => {
  const bytes = Buffer.from(reply)
  const end = bytes.lastIndexOf(0)
  // AF_INET in the guest's byte order, and eight zero bytes after the address (ip(7)).
  const isPeer = bytes.length > 16 && bytes.readUInt16LE(0) === 2 && bytes.subarray(8, 16).every((byte) => byte === 0)
  if (!isPeer || end < 16) return undefined
  return {
    message: bytes.toString("utf8", 16, end),
    seen: {
      page: bytes.toString("utf8", end + 1),
      clientAddress: bytes.subarray(4, 8).join("."),
      clientPort: bytes.readUInt16BE(2)
    }
  }
}
