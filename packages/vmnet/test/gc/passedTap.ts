import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"

/** Opens a TAP inside (`TUNSETIFF`, 0x400454ca, linux/if_tun.h), and goes on outside as a program that inherits it. */
const openAndLeave =
  '$| = 1; $^F = 255; my $ifr = pack("a16 S x22", $ARGV[0], 0x1002); open(my $tun, "+<", "/dev/net/tun") or die $!; ' +
  "ioctl($tun, 0x400454ca, $ifr) or die $!; " +
  'exec "nsenter", "--net=$ARGV[1]", "--", "sh", "-c", "echo there; read _"'

/** A process of the host's namespace to which somebody has passed a TAP of another one, until it is ended. */
export const passedTap = async (netns: string, device: string): Promise<AsyncDisposable> => {
  const home = `/proc/${process.pid}/ns/net`
  const argv = [`--net=${netns}`, "--", "perl", "-e", openAndLeave, device, home]
  const child = spawn("nsenter", argv, { stdio: ["pipe", "pipe", "inherit"] })
  const [first] = await Promise.race([once(child.stdout, "data"), once(child, "exit")])
  if (!(first instanceof Buffer)) throw new Error(`${device} could not be opened in ${netns}`)
  return { [Symbol.asyncDispose]: () => end(child) }
}

const end = async (child: ChildProcess): Promise<void> => {
  const gone = once(child, "exit")
  child.kill("SIGKILL")
  await gone
}
