import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

/**
 * Stands for a VMM: told `tap NAME` it opens that TAP, told `netns PATH` it goes there, and stays. Node has no
 * `ioctl(tun, TUNSETIFF, { ifr_name, IFF_TAP | IFF_NO_PI })`; who runs another program is the same process still.
 */
const program = `$| = 1; my $said = <STDIN>; chomp $said; my ($what, $where) = split / /, $said;
  exec "nsenter", "--net=$where", "--", "sh", "-c", "echo done; exec cat" if $what eq "netns";
  sysopen(my $tun, "/dev/net/tun", 2) or die; my $ifr = pack("a16 s x22", $where, 0x1002);
  ioctl($tun, 0x400454ca, $ifr) or die; print "done\\n"; <STDIN>`

export interface Owner {
  readonly pid: number
  /** What it is told is done when this is. */
  readonly tell: (words: string) => Effect.Effect<void>
  /** Done when it is gone. */
  readonly end: Effect.Effect<void>
}

/** A VM's owner that nobody has told anything yet; gone with the scope at the latest. */
export const anOwner: Effect.Effect<Owner, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const child = spawn("perl", ["-e", program], { stdio: ["pipe", "pipe", "inherit"] })
    const lines = createInterface({ input: child.stdout })
    const gone = once(child, "exit")
    return {
      pid: child.pid!,
      tell: (words: string) =>
        Effect.promise(async () => {
          const done = once(lines, "line")
          child.stdin.write(`${words}\n`)
          await Promise.race([done, gone.then(() => Promise.reject(new Error(`${words}: it has ended`)))])
        }),
      end: Effect.promise(async () => {
        child.kill("SIGKILL")
        await gone
      })
    } satisfies Owner
  }),
  ({ end }) => end
)
