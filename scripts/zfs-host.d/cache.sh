# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# where built hosts lie: a directory named by the hash of all that shapes them.
# Two layers, so that a change of the agent does not cost a new kernel:
#   base-HASH/  linux (kernel with ZFS), guest.cpio.gz (Debian's userland), origin
#   HASH/       linux, initrd.gz (base, overlay, agent, keys), vmx, key, hostkey.pub, origin

cache_root=${Z3_TEST_CACHE:-/var/cache/z3-test}/zfs-host

hash_of() { # hash_of PATH...: names, modes that matter, and contents
  (cd "$here" && find "$@" -type f -printf '%p %m\0' | sort -z | while IFS= read -rd '' f; do
    mode=${f##* } f=${f% *}
    printf '%s %s ' "$f" "$((0$mode & 0100))"
    sha256sum < "$f"
  done) | sha256sum | cut -c1-16
}
base_hash() { hash_of uml.config base-kit.sh base-source.sh; }
full_hash() { hash_of uml.config base-kit.sh base-source.sh build.sh overlay vmx.c vmxd.c vmx.h; }

base_dir() { printf '%s/base-%s\n' "$cache_root" "$(base_hash)"; }
full_dir() { printf '%s/%s\n' "$cache_root" "$(full_hash)"; }

cached() { [ -e "$(full_dir)/origin" ]; }

# swap_in NEW DIR: DIR appears whole or not at all; running hosts keep what they have open
swap_in() {
  local old=$2.old.$$
  if [ -e "$2" ]; then mv "$2" "$old"; fi
  mv -T "$1" "$2"
  rm -rf "$old"
}
