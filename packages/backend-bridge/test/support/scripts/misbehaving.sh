#!/bin/sh
# Stands in for a system program and passes on to it, but for one call, which is the Nth of all, named in the file `at`.
# What that one does is in the file `how`.
directory=/run/vmnet-test
program="$directory/$(basename "$0")"
echo "$(basename "$0") $(echo "$*" | tr "\n" " ")" >>$directory/calls
if [ "$(wc -l <$directory/calls)" != "$(cat $directory/at)" ]; then exec "$program" "$@"; fi
case "$(cat $directory/how)" in
fails-though-applied)
  "$program" "$@" >/dev/null 2>&1
  echo "Error: Could not process rule: No buffer space available" >&2
  exit 1
  ;;
killed-though-applied)
  "$program" "$@" >/dev/null 2>&1
  kill -KILL $$
  ;;
busy)
  echo "Device or resource busy" >&2
  exit 1
  ;;
interrupted)
  case " $* " in *" -d "* | *" list "* | *" show "*) ;; *) exec "$program" "$@" ;; esac
  echo "[]"
  echo "Dump was interrupted and may be inconsistent." >&2
  exit 0
  ;;
hangs)
  exec sleep 300
  ;;
hangs-though-applied)
  "$program" "$@" >/dev/null 2>&1
  exec sleep 300
  ;;
garbage)
  "$program" "$@" >/dev/null 2>&1
  echo '[{"ifname": "'
  exit 0
  ;;
esac
