# shellcheck shell=bash
# what every part of zfs-host needs: messages, packages, locks

say() { printf 'zfs-host: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
usage_error() { say "$*"; exit 2; }

need_root() {
  [ "$(id -u)" = 0 ] || die "root is needed for $1; run it with sudo"
}

apt_get() { apt-get -qq -o DPkg::Lock::Timeout=600 "$@" < /dev/null; }

# apt has a time-out for dpkg's lock, but none for that of the package lists
apt_update() {
  local try
  for try in 1 2 3 4 5 6; do
    apt_get update > /dev/null && return
    sleep $((try * 2))
  done
  die "apt-get update failed; check the machine's apt sources"
}

# need WHAT:PACKAGE...: WHAT is a command or a file
need() {
  local pair missing=()
  for pair; do
    command -v "${pair%%:*}" > /dev/null || [ -e "${pair%%:*}" ] || missing+=("${pair#*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  need_root "installing ${missing[*]}"
  say "installing with apt-get: ${missing[*]}"
  local lists=(/var/lib/apt/lists/*Packages*)
  [ -e "${lists[0]}" ] || apt_update
  apt_install "${missing[@]}" 2> /dev/null || { apt_update; apt_install "${missing[@]}"; } ||
    die "apt-get could not install ${missing[*]}; install them by hand"
}
apt_install() {
  DEBIAN_FRONTEND=noninteractive apt_get install -y --no-install-recommends "$@" > /dev/null
}
