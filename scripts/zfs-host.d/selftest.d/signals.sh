# shellcheck shell=bash disable=SC2154,SC2016   # variables of the script that reads this
# a signal to the client is a signal to the command; a killed client is a killed command

# ends SIGNAL EXPECTED-STATUS CMD...: send it once the command runs in the host
ends() {
  local sig=$1 want=$2 pid rc=0; shift 2
  "$@" & pid=$!
  within 5 eval '! gone "^sleep 98765"'
  kill "-$sig" $pid
  within 10 over $pid || { kill -KILL $pid; return 1; }
  wait $pid || rc=$?
  is "$rc" "$want"
  within 3 gone '^sleep 98765'
}
passed_on() {
  ends TERM 143 "$A/run" sleep 98765
  ends HUP 129 "$A/run" sleep 98765
  ends USR1 138 "$A/run" sleep 98765
  # bash starts background commands with SIGINT ignored, and what is ignored stays so
  ends INT 130 env --default-signal=INT "$A/run" sleep 98765
  ends TERM 42 "$A/run" sh -c 'trap "exit 42" TERM; sleep 98765 & wait'
}
t 'TERM, HUP, USR1, INT arrive, and traps decide the status' passed_on

not_held_up() {
  # stdin that nobody reads, and a full path behind it
  ends TERM 143 "$A/run" sleep 98765 < /dev/zero
  # stdout that nobody reads
  mkfifo "$tmp/fifo"; exec 5<> "$tmp/fifo"
  ends TERM 143 "$A/run" sh -c 'yes & sleep 98765' > "$tmp/fifo"
  exec 5>&-; rm "$tmp/fifo"
  within 3 gone '^yes$'
}
t 'also past a blocked stdin and a blocked stdout' not_held_up

killed() {
  ends KILL 137 "$A/run" sleep 98765
  ends KILL 137 "$A/run" sh -c 'trap "" HUP TERM; sleep 98765; :'
  ends KILL 137 "$A/run" sleep 98765 < /dev/zero
}
t 'kill -9 of the client ends the command and its children' killed

no_false_end() {
  "$A/run" rm -f /tmp/whole
  (sleep 98) | "$A/run" sh -c 'cat > /tmp/part; echo > /tmp/whole; sleep 98765' &
  local pid=$!
  within 5 "$A/run" test -e /tmp/part
  kill -KILL $pid
  sleep 1
  refused "$A/run" test -e /tmp/whole
}
t 'a killed client is no end of file' no_false_end
