# shellcheck shell=bash disable=SC2154,SC2034 # globals of s3-server
# radosgw of Debian sid in a chroot, for what only it enforces. The cluster
# in it is rgw.sh's.

cache=${Z3_TEST_CACHE:-/var/cache/z3-test}

rgw20_root() {
  local hash
  hash=$(sha256sum <"$here/rgw20-build")
  echo "$cache/rgw20-${hash:0:12}"
}

enter_rgw20() {
  inside=(unshare -m --propagation private -- "$here/enter" "$(rgw20_root)" "$data")
}

installed_rgw20() { [ -d "$(rgw20_root)" ]; }

install_rgw20() (
  root=$(rgw20_root)
  mkdir -p "$cache"
  exec 8>"$cache/rgw20.lock"
  flock -n 8 || {
    say "waiting for another install of rgw20"
    flock 8
  }
  [ ! -d "$root" ] || exit 0
  apt_install debootstrap debian-archive-keyring
  mirror=$(debian_mirror)
  # with the lock held, others are of installs that were killed
  rm -rf "$cache"/rgw20-*.new
  on_signals
  trap 'rm -rf "$root.new"' EXIT
  with_progress "debian sid with radosgw (180 MB)" "$cache/rgw20.log" \
    unshare -m --propagation private -- "$here/rgw20-build" "$root.new" "$mirror"
  mv -T "$root.new" "$root"
)

start_rgw20() {
  enter_rgw20
  start_rgw
}
