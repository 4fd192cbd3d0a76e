# shellcheck shell=bash
# Packages of this Debian; rgw20 has its own root (rgw20.sh).

policy=/usr/sbin/policy-rc.d

# Packages must not start their services: the servers here have their own
# configuration and must not meet others on the standard ports.
forbid_services() {
  allow_services # a crash may have left ours
  if [ -e "$policy" ]; then
    # a container's image already forbids
    "$policy" memcached start >/dev/null 2>&1 || [ $? != 101 ] || return 0
    mv "$policy" "$policy.before-z3"
  fi
  printf '#!/bin/sh\n# z3-test\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

allow_services() {
  if grep -qs '^# z3-test$' "$policy"; then rm "$policy"; fi
  if [ -e "$policy.before-z3" ]; then mv "$policy.before-z3" "$policy"; fi
}

has_packages() {
  local n
  # shellcheck disable=SC2016
  n=$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null | grep -c '^installed$') || true
  [ "$n" = $# ]
}

apt() {
  # the machine can be made anew: no fsync for each file
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Use-Pty=0 "$@"
}

apt_lists_missing() {
  local list
  # shellcheck disable=SC2016 # apt's own variable
  while read -r list; do
    [ ! -e "$list" ] || return 1
  done < <(apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages')
}

apt_install() (
  umask 022
  mkdir -p /run/lock
  exec 8>/run/lock/z3-test-apt
  flock 8
  ! has_packages "$@" || exit 0 # another start was faster
  log=$(mktemp "${TMPDIR:-/tmp}/z3-s3-apt.XXXXXX")
  trap allow_services EXIT
  on_signals
  forbid_services
  if apt_lists_missing; then
    with_progress "apt-get update" "$log" apt update
  fi
  with_progress "apt-get install $*" "$log" apt install --no-install-recommends "$@" || {
    # the lists may be older than the mirror
    with_progress "apt-get update" "$log" apt update
    with_progress "apt-get install $*" "$log" apt install --no-install-recommends "$@"
  }
  rm -f "$log"
)

# The mirror that this machine uses, whatever it is.
debian_mirror() {
  local uri
  # shellcheck disable=SC2016 # apt's own variable
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
  [ -n "$uri" ] || die "apt knows no debian mirror; rgw20 needs debian with its package lists (apt-get update)"
  echo "${uri%/}"
}
