/** In dependency order: insmod resolves nothing. */
export const modules = [
  "virtio_ring",
  "virtio",
  "virtio_pci_modern_dev",
  "virtio_pci_legacy_dev",
  "virtio_pci",
  "failover",
  "net_failover",
  "virtio_net"
] as const

/** What the guest says on its control line once it takes commands. */
export const readyLine = "ready"

/** Bytes of output that one command may give per stream. */
export const maxOutput = 64 * 1024

/**
 * PID 1 of the guest: load the network driver, then serve the control line (`ttyS1`, one line per message). `ID TEXT` runs
 * a shell command in the background; its output follows as lines `out ID BASE64` and `err ID BASE64`, and when it has
 * ended `end ID CODE`.
 *
 * Commands become children of PID 1, and the shell that reads is another: busybox's `read` forgets half a line when a
 * child of its own shell ends meanwhile. Lines are short, so that each is one write and those of several commands cannot
 * mix. The kernel talks on `ttyS0`.
 */
export const initScript = `#!/bin/busybox sh
/bin/busybox mkdir -p /dev /proc /sys /tmp /etc /srv /usr/bin /usr/sbin /sbin
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/
for module in ${modules.join(" ")}; do insmod /modules/$module.ko || echo "insmod $module failed"; done
ip link set lo up
stty -F /dev/ttyS1 raw -echo
send() {
  [ -s /tmp/$2.$1 ] && for line in $(head -c ${maxOutput} /tmp/$2.$1 | base64 -w 900); do echo "$1 $2 $line"; done
}
run() {
  eval "$2" </dev/null >/tmp/$1.out 2>/tmp/$1.err
  code=$?
  send out $1
  send err $1
  rm /tmp/$1.out /tmp/$1.err
  echo "end $1 $code"
}
serve() {
  echo ${readyLine}
  while read -r id text; do (run "$id" "$text" &); done
}
serve </dev/ttyS1 >/dev/ttyS1 &
wait $!
reboot -f
`
