# shellcheck shell=bash disable=SC2154,SC2016   # variables of the script that reads this
# the agent: status, stdio

statuses() {
  is "$(status zfs list -H)" "$(zfs list -H; echo 0)"
  is "$(status zfs list "$src/none" 2> /dev/null)" 1
  is "$(status zfs nonsense 2> /dev/null)" 2
  is "$(status "$A/run" sh -c 'exit 77')" 77
  is "$(status "$A/run" /no/such/command 2> /dev/null)" 127
  is "$(status "$A/run" sh -c 'kill -KILL $$' 2> /dev/null)" 137
}
t 'exit status, and death by signal' statuses

streams_apart() {
  "$A/run" sh -c 'echo out; echo err >&2' > "$tmp/o" 2> "$tmp/e"
  is "$(cat "$tmp/o")" out
  is "$(cat "$tmp/e")" err
  is "$("$A/run" sh -c 'printf "a\0b c\n"' | od -An -c | tr -d ' ')" 'a\0bc\n'
}
t 'stdout and stderr apart, bytes as they are' streams_apart

arguments() {
  is "$("$A/run" printf '<%s>' 'a b' '' "it's" '$x' '*')" "<a b><><it's><\$x><*>"
  local many; many=$(seq 100000 120000)
  # shellcheck disable=SC2086
  is "$("$A/run" printf '%s\n' $many | sum)" "$(printf '%s\n' $many | sum)"
}
t 'arguments: blanks, quotes, empty ones, twenty thousand' arguments

odd_stdin() {
  is "$(printf '' | "$A/run" wc -c)" 0
  is "$("$A/run" wc -c <&-)" 0
  is "$(status "$A/run" cat < / 2> /dev/null)" 1
  # shellcheck disable=SC2094
  is "$(printf '1\n2\n3\n' | while read -r i; do zfs list -H "$src" > /dev/null; echo "$i"; done | tr -d '\n')" 123
}
t 'stdin: empty, closed, unreadable, and left to the caller where the command reads none' odd_stdin

odd_stdout() {
  local rc=0
  "$A/run" echo x > /dev/full || rc=$?
  is $rc 1; rc=0
  "$A/run" echo x >&- || rc=$?
  is $rc 1
  (set +o pipefail; "$A/run" yes | head -1 > /dev/null)
  within 3 gone '^yes$'
  set +e; "$A/run" yes | head -1 > /dev/null; rc=${PIPESTATUS[0]}; set -e
  is "$rc" 141
  set +e; "$A/run" seq 10 | true; rc=${PIPESTATUS[0]}; set -e
  [ "$rc" = 141 ] || [ "$rc" = 0 ]
}
t 'stdout: full, closed, or with a reader that went away' odd_stdout

early_end() {
  local rc; set +e; head -c 100000000 /dev/zero | "$A/run" head -c 5 > "$tmp/o"; rc=("${PIPESTATUS[@]}"); set -e
  is "${rc[*]}" '141 0'
  set +e; head -c 100000000 /dev/zero | timeout 10 "$A/run" sh -c 'exec <&-; sleep 1; echo x' > "$tmp/o"; rc=("${PIPESTATUS[@]}"); set -e
  is "${rc[*]}" '141 0'
}
t 'a command that leaves its stdin unread ends the writer, with SIGPIPE' early_end

both_ways() {
  local t0; t0=$(now)
  is "$("$A/run" cat < "$tmp/big" | sum)" "$big"
  figure 'through a cat in the host and back' 260000000 $(($(now) - t0))
  is "$("$A/run" cat < "$tmp/big" | (sleep 2; sum))" "$big"
  is "$( (sleep 1; cat "$tmp/big") | "$A/run" sh -c 'sleep 1; cat' | sum)" "$big"
}
t '260 MB in and out at once, with slow ends too' both_ways

parallel() {
  local i pids=()
  for i in $(seq 20); do "$A/run" sh -c "sleep 0.2; echo $i" > "$tmp/p$i" & pids+=($!); done
  for i in "${pids[@]}"; do wait "$i"; done
  is "$(cat "$tmp"/p? "$tmp"/p?? | sort -n | tr '\n' ' ')" "$(seq -s ' ' 20) "
}
t 'twenty commands at once' parallel
