# Runs programs for a caller whose own fork is dear: the page tables of a Node process with a few hundred megabytes are copied for each
# program it starts, which takes longer than most programs. A request is its size (4 bytes), then for each program what it reads, its
# environment and its words, each with its size before it, the items of a list with a zero between them. The first that fails ends it.
# The answer, alike: nanoseconds, how many succeeded, the status and the output of the last one.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $patience = 60;
open my $output, '+>', undef or die "output: $!";
open my $input, '+>', undef or die "input: $!";

sub read_all {
  my ($size) = @_;
  my $bytes = '';
  while (length $bytes < $size) {
    my $got = sysread STDIN, $bytes, $size - length $bytes, length $bytes;
    exit 0 unless $got;
  }
  return $bytes;
}

sub write_all {
  my ($bytes) = @_;
  while (length $bytes) {
    my $told = syswrite STDOUT, $bytes;
    exit 1 unless $told;
    substr $bytes, 0, $told, '';
  }
}

sub rewind {
  my ($file, $bytes) = @_;
  truncate $file, 0;
  sysseek $file, 0, 0;
  return if $bytes eq '';
  syswrite $file, $bytes;
  sysseek $file, 0, 0;
}

sub become {
  my ($environment, @words) = @_;
  %ENV = map { split /=/, $_, 2 } split /\0/, $environment;
  open STDIN, '<&', $input;
  open STDERR, '>&', $output;
  open STDOUT, '>&', $output;
  alarm $patience;
  # In this form no shell is asked, whatever the words are.
  exec { $words[0] } @words or print STDERR "$words[0]: $!";
  exit 127;
}

sub run {
  my ($text, $environment, $words) = @_;
  rewind($input, $text);
  rewind($output, '');
  my $child = fork;
  return -1 unless defined $child;
  become($environment, split /\0/, $words, -1) if $child == 0;
  waitpid $child, 0;
  return $?;
}

while (1) {
  my @fields = unpack '(L</a*)*', read_all(unpack 'L<', read_all(4));
  my ($done, $status) = (0, 0);
  my $began = clock_gettime(CLOCK_MONOTONIC);
  while (my ($text, $environment, $words) = splice @fields, 0, 3) {
    $status = run($text, $environment, $words);
    last if $status != 0;
    $done++;
  }
  my $took = int 1e9 * (clock_gettime(CLOCK_MONOTONIC) - $began);
  sysseek $output, 0, 0;
  sysread $output, my $said, 1 << 16;
  my $answer = pack '(L</a*)*', $took, $done, $status, defined $said ? $said : '';
  write_all(pack 'L</a*', $answer);
}
