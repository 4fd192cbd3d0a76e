# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# start, stop, list, env, exec

cmd_start() {
  local name='' sshd=none owner='' d kind
  while [ $# -gt 0 ]; do
    case $1 in
      --sshd) sshd=open ;;
      --owner) owner=${2-}; shift || usage_error '--owner needs a process id' ;;
      -*) usage_error "start: unknown option $1" ;;
      *) [ -z "$name" ] || usage_error 'start: one NAME'; name=$1 ;;
    esac
    shift
  done
  check_name "$name"
  kind=${Z3_TEST_ZFS:-uml}
  case $kind in
    uml | native | fuse) ;;
    *) usage_error "Z3_TEST_ZFS is '$kind'; it may be uml, native or fuse" ;;
  esac
  need_root 'starting a host'
  # before the lock: a build takes minutes, and others may want to stop a host meanwhile
  [ "$kind" != uml ] || cached || build
  d=$state_root/$name
  lock_state
  reap
  reap_elsewhere
  ! host_alive "$name" || die "host $name runs already; stop it first, or use 'zfs-host env $name'"
  [ ! -e "$d" ] || remove_host "$name" || die "cannot clean up what is left of host $name in $d"
  # whatever ends this script before the host is ready takes the host with it
  starting=$name
  trap '[ -e "$state_root/$starting/env" ] || remove_host "$starting" || :' EXIT
  trap 'exit 130' INT; trap 'exit 143' TERM HUP
  mkdir -p "$d"
  printf '%s\n' "$kind" > "$d/kind"
  if [ -n "$owner" ]; then
    identity "$owner" > "$d/owner" || usage_error "there is no process $owner to own the host"
  fi
  "${kind}_start" "$d" "$name" "$sshd"   # no `||` here: it would switch errexit off inside
  unlock_state
  print_env "$d"
}

print_env() { # print_env DIR
  local q="'\\''"
  [ ! -e "$1/bin" ] || printf "export PATH='%s'\n" "$1/bin:${PATH//\'/$q}"
  sed 's/^/export /' "$1/env"
}

running() { # running NAME
  check_name "${1-}"
  host_alive "$1" || die "no host $1 is running; 'zfs-host start $1' boots it"
}

cmd_env() { running "${1-}"; print_env "$state_root/$1"; }

cmd_list() {
  local name
  for name in $(hosts); do
    ! host_alive "$name" || printf '%s\n' "$name"
  done
}

cmd_exec() {
  running "${1-}"
  [ $# -gt 1 ] || usage_error 'exec: no command'
  local d=$state_root/$1
  shift
  if [ -e "$d/bin/run" ]; then exec "$d/bin/run" "$@"; else exec "$@"; fi
}

cmd_stop() {
  local name failed=
  case ${1-} in
    --all) ;;
    *) check_name "${1-}"; [ -e "$state_root/$1" ] || die "no host $1 is running" ;;
  esac
  need_root 'stopping a host'
  lock_state
  for name in $(if [ "$1" = --all ]; then hosts; else printf '%s\n' "$1"; fi); do
    remove_host "$name" || failed=1
  done
  [ -z "$failed" ]
}
