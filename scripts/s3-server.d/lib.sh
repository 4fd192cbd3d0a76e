# shellcheck shell=bash
# Small things that every part of s3-server uses.

say() { printf 's3-server: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

seconds_since() {
  local us=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))
  printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

# Ticks of the process's start: with the pid they name one process for good.
start_time() {
  local stat
  case $1 in '' | *[!0-9]*) return ;; esac
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  # the name in parentheses may hold spaces
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  # a zombie is as good as gone
  [ "$1" = Z ] || echo "${20}"
}

# with_progress WHAT LOG COMMAND...: the command's output goes to the log.
with_progress() {
  local what=$1 log=$2 rc=0 ticker began=$SECONDS
  shift 2
  say "$what"
  (
    # one line that counts on a terminal, one every ten seconds in a log
    while sleep 1 && kill -0 $$ 2>/dev/null; do
      if [ -t 2 ]; then
        printf '\rs3-server: %s: %d s ' "$what" $((SECONDS - began)) >&2
      elif [ $(((SECONDS - began) % 10)) = 0 ]; then
        say "$what: $((SECONDS - began)) s"
      fi
    done
  ) >/dev/null &
  ticker=$!
  "$@" >"$log" 2>&1 </dev/null || rc=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  [ ! -t 2 ] || printf '\r' >&2
  if [ $rc = 0 ]; then
    say "$what: done after $((SECONDS - began)) s"
  else
    tail -n 15 "$log" >&2
    say "$what: failed after $((SECONDS - began)) s (exit $rc); whole log: $log"
  fi
  return $rc
}

# Ports: a chosen port is free until its server binds it, so two starts at
# the same time (of two checkouts, too) could choose the same one. Hence a
# machine-wide reservation, which holds as long as the start runs.
reservations=/run/lock/z3-test-ports
reserved=()

listening() {
  local hex
  printf -v hex ':%04X' "$1"
  awk -v p="$hex\$" 'FNR > 1 && $2 ~ p { found = 1 } END { exit !found }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# free_port VARIABLE: a variable, as a subshell could not note the reservation
free_port() {
  local candidate try
  mkdir -p "$reservations"
  echo $$ >"$reservations/.$$"
  for ((try = 0; try < 500; try++)); do
    # below the ports that the kernel hands out to clients (32768 and up)
    candidate=$((20000 + SRANDOM % 10000))
    # a link, as it is there with its content at once
    ln "$reservations/.$$" "$reservations/$candidate" 2>/dev/null || continue
    reserved+=("$reservations/.$$" "$reservations/$candidate")
    listening "$candidate" || {
      printf -v "$1" %s "$candidate"
      return
    }
  done
  die "no free port between 20000 and 29999 on 127.0.0.1"
}

drop_stale_reservations() {
  local file holder
  for file in "$reservations"/.[0-9]* "$reservations"/*; do
    holder=$(cat "$file" 2>/dev/null) || continue
    [ -z "$holder" ] || [ -n "$(start_time "$holder")" ] || rm -f "$file"
  done
}

free_reserved() {
  [ ${#reserved[@]} = 0 ] || rm -f "${reserved[@]}"
  reserved=()
}

# http_answers PORT: any http answer will do
http_answers() {
  local line
  {
    exec 9<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&9 &&
      read -r -t 5 line <&9 || line=
    exec 9>&-
  } 2>/dev/null
  [[ $line == HTTP/* ]]
}
