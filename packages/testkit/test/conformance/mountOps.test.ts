import { MemoryKernel } from "@vmnet/testkit"
import { MountFixture, mountOpsConformance } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"

const mountFixture = ({ rootfs }: MemoryKernel): Layer.Layer<MountFixture> => {
  let count = 0
  return Layer.succeed(MountFixture, {
    rootfs: (shape) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const path = `/srv/rootfs-${++count}`
          rootfs.add(path, shape)
          return path
        }),
        (path) => Effect.sync(() => rootfs.remove(path))
      ),
    directory: Effect.sync(() => `/run/vmnet/resolv-${++count}`),
    content: (path) => Effect.sync(() => rootfs.content(path)),
    unmount: (path) => Effect.sync(() => rootfs.unmount(path)),
    cover: (path) => Effect.sync(() => rootfs.cover(path)),
    remove: (path) => Effect.sync(() => rootfs.remove(path)),
    picture: Effect.sync(() => rootfs.view())
  })
}

mountOpsConformance("in memory", () => {
  const kernel = MemoryKernel.make()
  return Layer.merge(kernel.layer, mountFixture(kernel))
})
