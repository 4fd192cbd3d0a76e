# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# Z3_TEST_ZFS=fuse: Debian's zfs-fuse, a real if old ZFS in user space, ready in seconds; for the demo.
# Its packages are unpacked into the cache, not installed: nothing appears on PATH and no service starts.

fuse_packages=(zfs-fuse libaio1 libfuse2 libtirpc3 fuse)
fuse_cache=${Z3_TEST_CACHE:-/var/cache/z3-test}/zfs-fuse

fuse_unpack() {
  local t=$fuse_cache.$$ deb
  [ ! -e "$fuse_cache/sbin/zfs-fuse" ] || return 0
  say "fetching zfs-fuse"
  rm -rf "$t"
  mkdir -p "$t/debs"
  # as root there is no sandbox to drop to in a directory of ours, which apt would warn of
  (cd "$t/debs" && { apt_get -o APT::Sandbox::User=root download "${fuse_packages[@]}" 2> /dev/null ||
    { apt_update && apt_get -o APT::Sandbox::User=root download "${fuse_packages[@]}"; }; }) ||
    die 'apt-get could not download zfs-fuse'
  for deb in "$t"/debs/*.deb; do dpkg -x "$deb" "$t"; done
  rm -rf "$t/debs"
  rm -rf "$fuse_cache"
  mv "$t" "$fuse_cache"
}

fuse_start() { # fuse_start DIR NAME
  local d=$1 libs name i
  [ -c /dev/fuse ] || die 'no /dev/fuse here, which zfs-fuse needs; load the module fuse'
  fuse_unpack
  libs=$fuse_cache/usr/lib/x86_64-linux-gnu:$fuse_cache/lib/x86_64-linux-gnu
  # the tools find the daemon at one fixed place
  ! "$fuse_cache/sbin/zpool" list > /dev/null 2>&1 || die 'a zfs-fuse runs here already; use Z3_TEST_ZFS=native'
  mkdir -p /var/run/zfs "$d/bin"
  for name in zfs zpool; do
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$libs" "$fuse_cache/sbin/$name" > "$d/bin/$name"
    chmod +x "$d/bin/$name"
  done
  LD_LIBRARY_PATH=$libs PATH=$fuse_cache/bin:$PATH setsid "$fuse_cache/sbin/zfs-fuse" --no-daemon --no-kstat-mount \
    > "$d/log" 2>&1 < /dev/null {state_lock}>&- &
  identity $! > "$d/pid"
  for ((i = 0; i < 100; i++)); do
    ! "$d/bin/zpool" list > /dev/null 2>&1 || break
    sleep 0.1
  done
  PATH=$d/bin:$PATH native_start "$d" "$2"
}

fuse_stop() { # fuse_stop DIR
  local d=$1
  alive "$d/pid" || return 0
  PATH=$d/bin:$PATH native_stop "$d" || return
  kill "$(cut -d' ' -f1 "$d/pid")"
  while alive "$d/pid"; do sleep 0.1; done
}
