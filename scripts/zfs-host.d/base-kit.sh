# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# the base from the prebuilt kit, where somebody has put one beside the checkout

kit_dir() { printf '%s\n' "${Z3_ZFS_KIT:-$root/../shared/zfs-host-kit/prebuilt}"; }
have_kit() { [ -r "$(kit_dir)/linux.xz" ] && [ -r "$(kit_dir)/initrd.cpio.xz" ]; }

base_from_kit() { # base_from_kit OUT
  local kit; kit=$(kit_dir)
  need xz:xz-utils
  xz -dc "$kit/linux.xz" > "$1/linux"
  chmod 755 "$1/linux"
  xz -dc "$kit/initrd.cpio.xz" | gzip -1 > "$1/guest.cpio.gz"
}
