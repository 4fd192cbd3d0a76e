# shellcheck shell=bash disable=SC2154,SC2016   # variables of the script that reads this
# several hosts, ssh, and what is left when they end

from_inside() {
  is "$("$netns" exec "$A/run" hostname)" "$base-a"
  is "$("$netns" exec -- "$netns" exec "$B/run" hostname)" "$base-b"
  is "$("$zh" exec "$base-b" hostname)" "$base-b"
}
t 'both hosts, from inside of the namespace and from outside' from_inside

no_way_out() {
  is "$("$netns" exec ip route show default)" ''
}
t 'no way out of the namespace' no_way_out

by_ssh() {
  is "$("${ssh_b[@]}" "root@$addr_b" hostname)" "$base-b"
  is "$("$A/run" ssh -o BatchMode=yes "root@$addr_b" hostname)" "$base-b"
  is "$(status "$A/run" ssh "root@$addr_b" 'exit 9')" 9
}
t 'ssh from the namespace, and from one host to the other' by_ssh

send_by_ssh() {
  local t0; t0=$(now)
  zfs send "$src/big@a" | "${ssh_b[@]}" -c aes128-gcm@openssh.com \
    "root@$addr_b" zfs receive -u "$dst/byssh"
  figure 'zfs send | ssh zfs receive' "$(stat -c %s "$tmp/stream")" $(($(now) - t0))
  is "$("$B/zfs" get -Hpo value guid "$dst/byssh@a")" "$(zfs get -Hpo value guid "$src/big@a")"
}
t 'zfs send | ssh OTHER zfs receive' send_by_ssh

unprivileged() {
  local as=("${ssh_b[@]}" "backup@$addr_b")
  refused "${as[@]}" zfs snapshot "$dst/big@no"
  "$B/zfs" allow -u backup send,snapshot,hold,release "$dst/big"
  "${as[@]}" zfs snapshot "$dst/big@yes"
  [ "$("${as[@]}" zfs send -i @b "$dst/big@yes" | wc -c)" -gt 300 ]
}
t 'zfs allow for the unprivileged user backup' unprivileged

no_second() { refused "$zh" start "$base-a"; "$A/run" true; "$zh" list | grep -x "$base-a"; }
t 'a second start of a running host is refused, and harms nothing' no_second

owners() {
  sleep 98 & local pid=$!
  eval "$("$zh" start "$base-c" --owner $pid)"
  "$Z3_TEST_RUN" true
  local d uml; d=$(dirname "$(dirname "$Z3_TEST_RUN")"); uml=$(cut -d' ' -f1 "$d/pid")
  kill -KILL $pid; wait $pid || :
  refused "$zh" start "$base-a"   # any start reaps
  refused test -e "$d"
  over "$uml"
}
t 'a host whose owner is gone is reaped by the next start' owners

elsewhere() {
  local other="$base-elsewhere" d uml disks
  sleep 98 & local pid=$!
  eval "$(Z3_TEST_NETNS=$other "$zh" start "$base-c" --owner $pid)"
  d=$(dirname "$(dirname "$Z3_TEST_RUN")"); uml=$(cut -d' ' -f1 "$d/pid") disks=$(cat "$d/disks")
  refused "$zh" start "$base-a"
  test -e "$disks"   # its owner lives
  kill -KILL $pid; wait $pid || :
  refused "$zh" start "$base-a"
  refused test -e "$d"
  refused test -e "$disks"
  over "$uml"
  refused test -e "/run/netns/$other"
}
t 'so is one in a namespace of its own, and the namespace goes with it' elsewhere

crashed() {
  eval "$("$zh" start "$base-c")"
  local uml; uml=$(cut -d' ' -f1 "$(dirname "$(dirname "$Z3_TEST_RUN")")/pid")
  "$Z3_TEST_RUN" sleep 98765 & local pid=$!
  sleep 1
  kill -KILL -- "-$uml"
  within 30 over $pid
  local rc=0; wait $pid || rc=$?
  is $rc 255
  refused "$zh" exec "$base-c" true
  eval "$("$zh" start "$base-c")"
  "$Z3_TEST_RUN" true
}
t 'a host that dies: its commands fail with 255, and its name can start again' crashed

nothing_left() {
  local d uml disks n; d=$(dirname "$A") uml=$(cut -d' ' -f1 "$d/pid") disks=$(cat "$d/disks") n=$(cat "$d/number")
  "$zh" stop "$base-a"; "$zh" stop "$base-c"
  over "$uml"; refused test -e "$d"; refused test -e "$disks"
  refused "$netns" exec ip link show "z3h$n"
  refused "$zh" stop "$base-a"
  "$B/run" true
}
t 'stop leaves no process, no directory, no disk, no tap, and the other host alone' nothing_left
