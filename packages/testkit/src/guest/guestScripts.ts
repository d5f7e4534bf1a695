import { quoted } from "./GuestControl.ts"
import type { GuestOptions } from "./GuestOptions.ts"
import { longestUdpPage } from "./udpEcho.ts"

/** The default route; a gateway outside of the guest's subnet is reached by a route of its own first. */
const defaultRoute = (gateway: string): string => {
  const via = `ip route add default via ${quoted(gateway)} dev eth0`
  return `{ ${via} 2>/dev/null || { ip route add ${quoted(gateway)} dev eth0 && ${via}; }; }`
}

/** Set up the guest's network as the attachment says; the first command that fails is the exit code. */
export const configureScript = (options: GuestOptions): string =>
  [
    ...(options.mac === undefined ? [] : [`ip link set eth0 address ${quoted(options.mac)}`]),
    ...(options.mtu === undefined ? [] : [`ip link set eth0 mtu ${options.mtu}`]),
    `ip address add ${quoted(options.address)} dev eth0`,
    "ip link set eth0 up",
    ...(options.gateway === undefined ? [] : [defaultRoute(options.gateway)]),
    `printf ${quoted((options.dns ?? []).map((server) => `nameserver ${server}\\n`).join(""))} >/etc/resolv.conf`
  ].join(" && ")

/** `printf` of the guest's shell must not interpret anything of a page. */
const printfLiteral = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("%", "%%")

/** busybox httpd runs `cgi-bin/index.cgi` for `/`, and tells it who asked. It goes to the background once it listens. */
export const serveHttpScript = (port: number, page: string): string => {
  const home = `/srv/${port}`
  const seen = `{"page":${JSON.stringify(page)},"clientAddress":"`
  const cgi = [
    "#!/bin/sh",
    `printf ${quoted(`Content-Type: application/json\\r\\n\\r\\n${printfLiteral(seen)}`)}`,
    `printf '%s","clientPort":%s}' "\${REMOTE_ADDR#::ffff:}" "\${REMOTE_PORT:-0}"`
  ].join("\n")
  const file = `${home}/cgi-bin/index.cgi`
  return [
    `mkdir -p ${home}/cgi-bin`,
    `printf %s ${quoted(`${cgi}\n`)} >${file}`,
    `chmod 755 ${file}`,
    `httpd -p 0.0.0.0:${port} -h ${home}`
  ].join(" && ")
}

/** The server binds within its first instants; that it is bound is seen in the kernel's list of sockets. */
export const serveUdpScript = (port: number, page: string): string => {
  const hex = port.toString(16).toUpperCase().padStart(4, "0")
  const bound = `grep -q ${quoted(`00000000:${hex} `)} /proc/net/udp`
  if (Buffer.byteLength(page) > longestUdpPage || page.includes("\0")) return "echo 'the page is too long' >&2; false"
  return [
    `if ${bound}; then echo 'the port is in use' >&2; false; else`,
    `{ udp-echo ${port} ${quoted(page)} & } &&`,
    `for i in 1 2 3 4 5 6 7 8 9 10; do ${bound} && break; usleep 20000; done && ${bound}; fi`
  ].join(" ")
}

/**
 * An argv with a bound, for the guest's shell. Debian's busybox crashes on `wget -T SECONDS`, which nearly every caller
 * wants: the bound takes its place.
 */
export const boundedCommand = (argv: ReadonlyArray<string>, seconds: number): string => {
  const at = argv[0] === "wget" ? argv.indexOf("-T") : -1
  const own = at > 0 ? Number(argv[at + 1]) : seconds
  const words = at > 0 ? argv.toSpliced(at, 2) : argv
  return ["timeout", "-s", "KILL", String(Math.min(own, seconds)), ...words].map(quoted).join(" ")
}
