/* Plays prepared kernel calls: the floor without any JavaScript. Standard input is scripts, each with its size (4 bytes) before it: steps
 * of one letter, a size (4 bytes) and that many bytes. The answer to each script is the nanoseconds it took and an errno (8 bytes each). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int links, elements, own;
static char answer[1 << 16];

static int failed(void) { return errno ? errno : EIO; }

/* Sends messages and reads every answer: the first refusal, or 0. */
static int tell(int fd, const char *bytes, uint32_t size) {
  int error = 0;
  if (size == 0) return 0;
  if (send(fd, bytes, size, 0) < 0) return failed();
  for (ssize_t got; (got = recv(fd, answer, sizeof answer, MSG_DONTWAIT)) > 0;) {
    struct nlmsghdr *message = (struct nlmsghdr *)answer;
    for (size_t left = got; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
      if (message->nlmsg_type == NLMSG_ERROR && error == 0) error = -((struct nlmsgerr *)NLMSG_DATA(message))->error;
  }
  return error;
}

static int tell_here(int protocol, const char *bytes, uint32_t size) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0) return failed();
  int error = tell(fd, bytes, size);
  close(fd);
  return error;
}

static int enter(const char *path) {
  int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
  if (fd < 0 || unshare(CLONE_NEWNET) != 0) return failed();
  close(fd);
  return mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL) == 0 ? 0 : failed();
}

/* The first four bytes are where the number of this namespace's file goes. */
static int tell_links(char *bytes, uint32_t size) {
  int32_t at;
  memcpy(&at, bytes, 4);
  int fd = at < 0 ? -1 : open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (at >= 0) memcpy(bytes + 4 + at, &fd, 4);
  int error = tell(links, bytes + 4, size - 4);
  if (fd >= 0) close(fd);
  return error;
}

/* Index, owner and group (-1 for none), 4 bytes each, then struct ifreq. */
static int make_tap(char *bytes) {
  int32_t numbers[3];
  memcpy(numbers, bytes, sizeof numbers);
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0) return failed();
  int error = ioctl(fd, TUNSETIFINDEX, &numbers[0]) || ioctl(fd, TUNSETIFF, bytes + 12) || ioctl(fd, TUNSETOWNER, (long)numbers[1]) ||
                      (numbers[2] >= 0 && ioctl(fd, TUNSETGROUP, (long)numbers[2])) || ioctl(fd, TUNSETPERSIST, 1L)
                  ? failed()
                  : 0;
  close(fd);
  return error;
}

/* A path, a zero, what is written there. */
static int write_file(char *bytes, uint32_t size) {
  size_t path = strlen(bytes) + 1;
  int fd = open(bytes, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return failed();
  int error = write(fd, bytes + path, size - path) < 0 ? failed() : 0;
  close(fd);
  return error;
}

static int step(char letter, char *bytes, uint32_t size) {
  switch (letter) {
    case 'E': return tell(elements, bytes, size);
    case 'H': return tell_links(bytes, size);
    case 'N': return enter(bytes);
    case 'T': return make_tap(bytes);
    case 't': return tell_here(NETLINK_NETFILTER, bytes, size);
    case 'l': return tell_here(NETLINK_ROUTE, bytes, size);
    case 'B': return setns(own, CLONE_NEWNET) == 0 ? 0 : failed();
    case 'F': return write_file(bytes, size);
    case 'U': return umount2(bytes, MNT_DETACH) == 0 && unlink(bytes) == 0 ? 0 : failed();
    default: return EINVAL;
  }
}

static int play(char *script, uint32_t size) {
  for (uint32_t at = 0; at + 5 <= size;) {
    uint32_t length;
    memcpy(&length, script + at + 1, 4);
    int error = step(script[at], script + at + 5, length);
    if (error != 0) return setns(own, CLONE_NEWNET), error;
    at += 5 + length;
  }
  return 0;
}

static int take(char *bytes, size_t size) {
  for (size_t at = 0; at < size;) {
    ssize_t got = read(0, bytes + at, size - at);
    if (got <= 0) return 0;
    at += got;
  }
  return 1;
}

int main(void) {
  static char script[1 << 20];
  uint32_t size;
  own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  elements = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  while (take((char *)&size, 4) && size <= sizeof script && take(script, size)) {
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    int error = play(script, size);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    int64_t told[2] = {(ended.tv_sec - began.tv_sec) * 1000000000LL + ended.tv_nsec - began.tv_nsec, error};
    if (write(1, told, sizeof told) != sizeof told) return 1;
  }
  return 0;
}
