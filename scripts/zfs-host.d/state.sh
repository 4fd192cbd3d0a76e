# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# one directory per running host: STATE/zfs-host/NETNS/NAME, with kind (uml, native or fuse), owner, env, bin/, …

netns=${Z3_TEST_NETNS:-z3-test}
state_root=${Z3_TEST_STATE:-/run/z3-test}/zfs-host/$netns

check_name() {
  case ${1-} in '' | *[!a-z0-9-]* | -*) usage_error "'${1-}' is no name for a host; use a-z, 0-9 and -" ;; esac
  [ ${#1} -le 40 ] || usage_error "the name $1 is too long; 40 characters at most"
}

# PID and the time it started: a pid alone may by now be somebody else's
identity() {
  local stat
  stat=$(cat "/proc/$1/stat" 2> /dev/null) || return 1
  # field 2 may hold spaces and brackets: count from behind the last one
  # shellcheck disable=SC2086
  set -- "$1" ${stat##*) }
  [ "$2" != Z ] || return 1
  printf '%s %s\n' "$1" "${21}"
}
alive() { # alive FILE: does the process that FILE identifies still run?
  local id
  [ -s "$1" ] && id=$(cat "$1") && [ "$(identity "${id%% *}")" = "$id" ]
}

lock_state() {
  mkdir -p "$state_root"
  exec {state_lock}> "$state_root/.lock"
  flock "$state_lock"
}
unlock_state() { exec {state_lock}>&-; }

hosts() {
  local d
  for d in "$state_root"/*/; do
    [ ! -e "$d/kind" ] || basename "$d"
  done
}

host_alive() { # host_alive NAME
  local d=$state_root/$1
  [ -e "$d/env" ] && case $(cat "$d/kind") in
    uml | fuse) alive "$d/pid" ;;
    native) true ;;
  esac
}

remove_host() { # remove_host NAME, under the lock
  local d=$state_root/$1
  case $(cat "$d/kind" 2> /dev/null) in
    native) native_stop "$d" || return ;;
    fuse) fuse_stop "$d" || return ;;
    *) uml_stop "$d" ;;
  esac
  rm -rf "$d"
}

# what killed test runs left in namespaces of their own, and the namespaces
reap_elsewhere() {
  local other
  for other in "${state_root%/*}"/*/; do
    other=$(basename "$other")
    [ "$other" != "$netns" ] || continue
    (
      netns=$other state_root=${state_root%/*}/$other
      exec {lock}> "$state_root/.lock"
      # a start is under way there, and reaps itself
      flock -n "$lock" || exit 0
      [ -n "$(hosts)" ] || exit 0
      reap
      [ -n "$(hosts)" ] || Z3_TEST_NETNS=$netns "$root/scripts/netns" delete 2> /dev/null || :
    )
  done
}

# what a killed test run left, or a killed start: under the lock, so no start is under way
reap() {
  local name d why
  for name in $(hosts); do
    d=$state_root/$name why=
    if [ ! -e "$d/env" ]; then why='its start was cut short'
    elif [ -e "$d/owner" ] && ! alive "$d/owner"; then why='its owner is gone'; fi
    if [ -n "$why" ]; then
      say "removing host $name: $why"
      remove_host "$name" || :
    fi
  done
}
