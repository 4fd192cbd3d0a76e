# shellcheck shell=bash disable=SC2154,SC2016   # variables of the script that reads this
# real streams through the host, in both directions, compared by sha256

write_big() {
  zfs create -o recordsize=1M "$src/big"
  "$A/run" sh -c "cat > /$src/big/f" < "$tmp/big"
  is "$("$A/run" cat "/$src/big/f" | sum)" "$big"
  zfs snapshot "$src/big@a"
}
t 'write 260 MB into a dataset' write_big

send_out() {
  local t0; t0=$(now)
  zfs send "$src/big@a" > "$tmp/stream"
  figure 'zfs send to the machine' "$(stat -c %s "$tmp/stream")" $(($(now) - t0))
  is "$(zfs send "$src/big@a" | sum)" "$(sum < "$tmp/stream")"
}
t 'zfs send out of the host, twice the same' send_out

receive_in() {
  local t0; t0=$(now)
  "$B/zfs" receive "$dst/big" < "$tmp/stream"
  figure 'zfs receive from the machine' "$(stat -c %s "$tmp/stream")" $(($(now) - t0))
  is "$("$B/run" cat "/$dst/big/f" | sum)" "$big"
  is "$("$B/zfs" get -Hpo value guid "$dst/big@a")" "$(zfs get -Hpo value guid "$src/big@a")"
}
t 'zfs receive into the other host, from a file' receive_in

incremental() {
  "$A/run" sh -c "cat > /$src/big/g" < "$tmp/big"
  zfs snapshot "$src/big@b"
  zfs send -i @a "$src/big@b" | "$B/zfs" receive "$dst/big"
  is "$("$B/run" cat "/$dst/big/g" | sum)" "$big"
}
t 'an increment from host to host through a pipe' incremental

cut_stream() {
  refused eval 'head -c 100000000 "$tmp/stream" | zfs receive -s -u "$dst/cut"'
  local token; token=$(zfs get -H -o value receive_resume_token "$dst/cut")
  [ "$token" != - ]
  zfs send -t "$token" | zfs receive -s -u "$dst/cut"
  is "$(zfs get -Hpo value guid "$dst/cut@a")" "$(zfs get -Hpo value guid "$src/big@a")"
  refused eval 'head -c 100000000 "$tmp/stream" | zfs receive -u "$dst/cut2"'
  refused zfs list "$dst/cut2"
}
t 'a cut stream fails; with -s it leaves a token that resumes it' cut_stream

killed_receive() {
  (head -c 100000000 "$tmp/stream"; sleep 98) | zfs receive -s -u "$dst/killed" &
  local pid=$!
  within 10 eval 'zfs list "$dst/killed" > /dev/null 2>&1'
  sleep 1
  kill -KILL $pid
  within 5 gone '^zfs receive'
  refused zfs list "$dst/killed@a"
  within 5 zfs receive -A "$dst/killed"
}
t 'a receive whose client is killed completes nothing' killed_receive

cut_send() {
  local rc; set +e; zfs send "$src/big@a" | head -c 1000000 > /dev/null; rc=${PIPESTATUS[0]}; set -e
  [ "$rc" != 0 ]
  within 3 gone '^zfs send'
  zfs hold x "$src/big@a"; zfs release x "$src/big@a"
}
t 'a send whose reader goes away fails, and ends' cut_send

raw() {
  echo password1 | zfs create -o encryption=aes-256-gcm -o keyformat=passphrase "$src/enc"
  "$A/run" sh -c "cat > /$src/enc/f" < "$tmp/big"
  zfs snapshot "$src/enc@a"
  zfs send -w "$src/enc@a" | "$B/zfs" receive -u "$dst/enc"
  is "$("$B/zfs" get -H -o value keystatus "$dst/enc")" unavailable
  refused eval 'echo wrongword | "$B/zfs" load-key "$dst/enc"'
  echo password1 | "$B/zfs" load-key "$dst/enc"
  "$B/zfs" mount "$dst/enc"
  is "$("$B/run" cat "/$dst/enc/f" | sum)" "$big"
}
t 'encryption: raw send, load-key with a passphrase on stdin, the same bytes' raw
