import { assert, it } from "@effect/vitest"
import { mountsOf, parseMountinfo } from "#src/mount/mountinfo.ts"

it("a line is read as proc_pid_mountinfo(5) has it, escapes and several bytes to a character too", () => {
  const bytes = Buffer.from("/srv/Gr\\303\\274ße\\040\\134x\\011\\012y", "utf8").toString("latin1")
  const text = `36 35 98:0 /mnt1//deleted ${bytes} rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue\n`
  assert.deepStrictEqual(parseMountinfo(text), [
    {
      id: 36,
      parent: 35,
      device: "98:0",
      root: "/mnt1//deleted",
      point: "/srv/Grüße \\x\t\ny",
      options: new Set(["rw", "noatime"]),
      propagates: true
    }
  ])
})

it("what is no such line is none, and optional fields may be missing", () => {
  assert.deepStrictEqual(parseMountinfo("\nx\n1 2 0:1 / /a rw\n"), [])
  assert.isFalse(parseMountinfo("1 2 0:1 / /a ro - tmpfs none rw\n")[0]!.propagates)
  assert.isFalse(parseMountinfo("1 2 0:1 / /a ro unbindable - tmpfs none rw\n")[0]!.propagates)
})

it("this process has a root", () => {
  assert.isTrue(mountsOf("self").some(({ point }) => point === "/"))
})
