# shellcheck shell=bash disable=SC2154 # globals of s3-server
# What runs: one directory per server in $state, with
#   kind, starter, owner ("PID START"), data (path), pids ("PID START NAME")
#   and, once it answers, env.

state=${Z3_TEST_STATE:-/run/z3-test}/s3

alive() { # PID START [NAME]
  local cmdline=()
  [ "$(start_time "$1")" = "$2" ] || return 1
  [ -n "${3:-}" ] || return 0
  mapfile -d '' cmdline <"/proc/$1/cmdline" 2>/dev/null || return 1
  # in the middle of an exec a process has no command line
  [[ -z ${cmdline[*]} || ${cmdline[*]} == *"$3"* ]]
}

known() {
  [ -e "$state/${1:-/}/env" ] || die "no server '$1'; see s3-server list"
}

on_signals() {
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# daemon NAME COMMAND...: NAME must be found in the command line. setsid, so
# that Ctrl-C at the terminal leaves a server alone that has been started.
daemon() {
  local word=$1 pid at caught=''
  shift
  # no signal may part the process from its record
  trap 'caught=130' INT
  trap 'caught=143' TERM HUP
  # a lock or a pipe of the caller must not live on in the server
  setsid "$@" >"$data/$word.out" 2>&1 </dev/null \
    3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  pid=$!
  disown # no "Killed" from bash when it is torn down
  at=$(start_time "$pid")
  echo "$pid $at $word" >>"$state/$name/pids"
  # until then it is a copy of this script
  while alive "$pid" "$at" && ! alive "$pid" "$at" "$word"; do sleep 0.01; done
  on_signals
  [ -z "$caught" ] || exit "$caught"
}

running() { # NAME: how many of how many daemons
  local pid at word all=0 up=0
  while read -r pid at word; do
    all=$((all + 1))
    ! alive "$pid" "$at" "$word" || up=$((up + 1))
  done < <(cat "$state/$1/pids" 2>/dev/null)
  echo "$up $all"
}

# wait_for SECONDS COMMAND...: fails at once when a daemon has died
wait_for() {
  local limit=$((SECONDS + $1)) up all
  shift
  until "$@"; do
    read -r up all < <(running "$name")
    [ "$up" = "$all" ] || die "$name: one of its processes ended; its last lines are below"
    [ $SECONDS -lt $limit ] || die "$name does not answer; its last lines are below"
    sleep 0.05
  done
}

destroy() { # NAME; kill -9 and no flush, as the data goes too
  local dir=$state/$1 pid at word where tries=0
  while read -r pid at word; do
    ! alive "$pid" "$at" "$word" || kill -9 "$pid" 2>/dev/null || true
  done < <(cat "$dir/pids" 2>/dev/null)
  while read -r pid at word; do
    while [ "$(start_time "$pid")" = "$at" ]; do sleep 0.02; done
  done < <(cat "$dir/pids" 2>/dev/null)
  where=$(cat "$dir/data" 2>/dev/null) || where=
  case $where in */z3-s3-*)
    # a short command of a start that was killed may still be writing
    until rm -rf "$where" 2>/dev/null; do
      tries=$((tries + 1))
      [ $tries -lt 50 ] || {
        say "cannot remove $where; the next start tries again"
        return
      }
      sleep 0.1
    done
    ;;
  esac
  rm -rf "$dir"
}

# Servers of dead owners, of starts that were killed, and of an earlier boot.
reap() {
  local dir n pid at up
  drop_stale_reservations
  for dir in "$state"/*/; do
    [ -d "$dir" ] || continue
    n=$(basename "$dir")
    if [ ! -e "$dir/env" ]; then
      read -r pid at <"$dir/starter" 2>/dev/null || pid=
      [ -z "$pid" ] || ! alive "$pid" "$at" || continue
      say "removing $n: its start was killed"
    elif [ -e "$dir/owner" ] && read -r pid at <"$dir/owner" && ! alive "$pid" "$at"; then
      say "stopping $n: its owner (process $pid) is gone"
    else
      read -r up _ < <(running "$n")
      [ "$up" = 0 ] || continue
      say "removing $n: its processes are gone"
    fi
    destroy "$n"
  done
}

locked() {
  mkdir -p "$state"
  exec 7>"$state/.lock"
  flock 7
}
unlocked() { exec 7>&-; }

claim() {
  local n up all
  locked
  reap
  if [ -z "$name" ]; then
    n=1
    while [ -e "$state/$kind-$n" ]; do n=$((n + 1)); done
    name=$kind-$n
  elif [ -e "$state/$name" ]; then
    read -r up all < <(running "$name")
    die "'$name' is there already ($up of $all processes run); s3-server stop $name"
  fi
  mkdir "$state/$name"
  echo "$$ $(start_time $$)" >"$state/$name/starter"
  echo "$kind" >"$state/$name/kind"
  [ -z "$owner" ] || echo "$owner $(start_time "$owner")" >"$state/$name/owner"
  unlocked
}

# Memory when there is room for all of it (the store is sparse, but a full
# one must not bring the machine down), else the disk.
make_data() {
  local avail_kb shm_kb need_kb=$((size / 1024 + 1024 * 1024)) dir
  avail_kb=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
  shm_kb=$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1) || shm_kb=0
  dir=/var/tmp
  if [ "$avail_kb" -ge "$need_kb" ] && [ "$shm_kb" -ge "$need_kb" ]; then dir=/dev/shm; fi
  dir=$dir/z3-s3-$name-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
  echo "$dir" >"$state/$name/data" # before it exists: else a crash could lose it
  mkdir -m 755 "$dir"
  echo "$dir"
}

abandon() { # EXIT-CODE
  local log
  trap '' INT TERM HUP
  if [ "$1" -lt 128 ]; then
    # the last to write is the first to suspect: put it last
    while read -r log; do
      [ -s "$data/$log" ] || continue
      echo "--- $log" >&2
      tail -n 6 "$data/$log" | cut -c 1-200 >&2
    done < <(cd "${data:-/nonexistent}" 2>/dev/null && ls -tr -- *.log *.out 2>/dev/null)
  fi
  destroy "$name"
  free_reserved
  say "$name was not started; nothing is left of it"
}

stop() {
  local n pid at
  [ $# -gt 0 ] || die "stop takes names, or --all"
  locked
  if [ "$1" = --all ]; then
    set --
    for n in "$state"/*/; do [ ! -d "$n" ] || set -- "$@" "$(basename "$n")"; done
  fi
  for n; do
    case $n in */*) n= ;; esac
    [ -d "$state/${n:-/}" ] || die "no server '$n'; see s3-server list"
    # one that is starting takes itself down
    if [ ! -e "$state/$n/env" ] && read -r pid at <"$state/$n/starter" && alive "$pid" "$at"; then
      kill "$pid" 2>/dev/null || true
      while alive "$pid" "$at"; do sleep 0.05; done
    fi
    destroy "$n"
  done
}

list() {
  local dir n up all pid
  for dir in "$state"/*/; do
    [ -d "$dir" ] || continue
    n=$(basename "$dir")
    read -r up all < <(running "$n")
    pid=-
    [ ! -e "$dir/owner" ] || read -r pid _ <"$dir/owner"
    if [ ! -e "$dir/env" ]; then up=starting
    elif [ "$up" = "$all" ]; then up=running
    else up="broken ($up of $all processes)"; fi
    printf '%s\t%s\t%s\towner %s\t%s\n' "$n" "$(cat "$dir/kind")" \
      "$(sed -n 's/^export S3_ENDPOINT=\([^ ]*\).*/\1/p' "$dir/env" 2>/dev/null)" "$pid" "$up"
  done
}

write_env() {
  {
    if [ -n "$tls" ]; then
      echo "export S3_ENDPOINT=https://127.0.0.1:$tls_port S3_KEY_ID=$key_id S3_SECRET=$secret"
      echo "export Z3_TEST_S3_TLS_ENDPOINT=https://127.0.0.1:$tls_port"
      echo "export Z3_TEST_S3_CA=$data/tls/ca.pem"
    else
      echo "export S3_ENDPOINT=http://127.0.0.1:$port S3_KEY_ID=$key_id S3_SECRET=$secret"
    fi
    echo "export Z3_TEST_S3_PLAIN_ENDPOINT=http://127.0.0.1:$port"
    echo "export Z3_TEST_S3_NAME=$name"
  } >"$state/$name/env.new"
  mv "$state/$name/env.new" "$state/$name/env"
}

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Its own CA, so that a client that does not check is found out.
make_tls() {
  local d=$data/tls
  mkdir "$d"
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
      -subj '/CN=z3 test CA' -keyout "$d/ca.key" -out "$d/ca.pem" \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
      -subj '/CN=localhost' -keyout "$d/key.pem" -out "$d/csr.pem"
    openssl x509 -req -in "$d/csr.pem" -CA "$d/ca.pem" -CAkey "$d/ca.key" -days 30 \
      -set_serial "0x$(random_hex 8)" -out "$d/cert.pem" -extfile <(
        echo 'subjectAltName=DNS:localhost,IP:127.0.0.1'
        echo 'extendedKeyUsage=serverAuth'
      )
  } >"$data/tls.out" 2>&1 || die "openssl could not make the certificates"
}
