# shellcheck shell=bash disable=SC2154,SC2016   # variables of the script that reads this
# pools: the others build on these

zfs_on_path() { is "$(command -v zfs)" "$A/zfs"; zfs version | grep '^zfs-2\.3'; }
t 'zfs and zpool on PATH are OpenZFS 2.3' zfs_on_path

create_pools() {
  zpool create -O compression=lz4 "$src" "${vdev[0]}"
  zpool create "$dst" raidz "${vdev[@]:1}"
  "$B/zpool" create "$dst" mirror "${vdev[@]:0:2}"
  is "$(zpool list -H -o name | sort | tr '\n' ' ')" "$dst $src "
  is "$("$B/zpool" list -H -o name)" "$dst"
}
t 'pools on a disk, a raidz and, in the other host, a mirror' create_pools

scrub_export_import() {
  zpool scrub -w "$dst"
  zpool status "$dst" | grep 'with 0 errors'
  zpool export "$dst"
  refused zpool list "$dst"
  zpool import -d /dev "$dst"
}
t 'scrub, export, import' scrub_export_import
