# One end of a bounded flow: `perl traffic.pl MODE ADDRESS PORT SECONDS`. It prints one line, how much there was of it and in how
# many seconds. Debian has perl always; what it does here is system calls, so the figures are the kernel's.
use strict;
use warnings;
use Socket qw(:DEFAULT IPPROTO_TCP);
use Time::HiRes qw(time alarm);

my ($mode, $address, $port, $seconds) = @ARGV;
my $there = pack_sockaddr_in($port, inet_aton($address));
my ($count, $began) = (0, time);
$| = 1;

sub socket_of { my ($kind) = @_; socket(my $socket, PF_INET, $kind, 0) or die "socket: $!"; return $socket }

# Only what comes between the first and the last packet counts.
sub told { my ($unit, $until) = @_; my $took = $until - $began; printf "%d %s %.6f\n", $count, $unit, $took > 0 ? $took : 1e-9; exit 0 }

if ($mode eq "tcp-receive") {
  my $listener = socket_of(SOCK_STREAM);
  setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
  bind($listener, $there) or die "bind: $!";
  listen($listener, 1) or die "listen: $!";
  print "ready\n";
  alarm($seconds + 10);
  accept(my $from, $listener) or die "accept: $!";
  my $buffer;
  $began = time;
  while (my $size = sysread($from, $buffer, 262144)) { $count += $size }
  told("bytes", time);
} elsif ($mode eq "tcp-send") {
  my $to = socket_of(SOCK_STREAM);
  connect($to, $there) or die "connect: $!";
  my $chunk = "x" x 262144;
  my $until = time + $seconds;
  while (time < $until) { my $size = syswrite($to, $chunk); defined $size or die "write: $!"; $count += $size }
  told("bytes", time);
} elsif ($mode eq "udp-receive") {
  my $socket = socket_of(SOCK_DGRAM);
  setsockopt($socket, SOL_SOCKET, SO_RCVBUF, 4194304);
  bind($socket, $there) or die "bind: $!";
  print "ready\n";
  my ($buffer, $last) = ("", time);
  $SIG{ALRM} = sub { told("packets", $last) };
  alarm($seconds + 2);
  while (defined recv($socket, $buffer, 2048, 0)) {
    $began = time if $count == 0;
    $count++;
    $last = time if ($count & 1023) == 0;
  }
} elsif ($mode eq "udp-send") {
  my $socket = socket_of(SOCK_DGRAM);
  connect($socket, $there) or die "connect: $!";
  my $packet = "x" x 64;
  my $until = time + $seconds;
  # A full queue refuses some; looking at the clock every time would be most of the work.
  while (($count & 255) != 0 || time < $until) { send($socket, $packet, 0); $count++ }
  told("packets", time);
} else {
  die "unknown mode $mode";
}
