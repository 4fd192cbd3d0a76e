# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# Z3_TEST_ZFS=native: the machine's own zfs, on files of ours, in pools with unmistakable names

native_check() {
  { command -v zfs && command -v zpool; } > /dev/null ||
    die 'Z3_TEST_ZFS=native, but this machine has no zfs and zpool; unset it'
  zpool list > /dev/null 2>&1 ||
    die "Z3_TEST_ZFS=native, but 'zpool list' fails here; is the module loaded? are you root?"
  zfs version > /dev/null 2>&1 || say "this zfs has no 'zfs version': an old or a small one"
}

native_start() { # native_start DIR NAME
  local d=$1 i vdevs=() prefix
  native_check
  prefix=z3-test-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
  printf '%s\n' "$prefix" > "$d/prefix"
  mkdir "$d/disks"
  for i in 0 1 2 3 4 5 6 7 8 9; do
    truncate -s "${Z3_TEST_DISK_SIZE:-4G}" "$d/disks/$i"
    vdevs+=("$d/disks/$i")
  done
  cat > "$d/env.new" << E
Z3_TEST_HOST='$2'
Z3_TEST_VDEVS='${vdevs[*]}'
Z3_TEST_POOL_PREFIX='$prefix'
Z3_TEST_RUN='$(command -v env)'
E
  mv "$d/env.new" "$d/env"
}

# every leaf of a pool, one a line; a word that is neither a group nor a path comes out as it is, and fails the check
pool_leaves() { # pool_leaves POOL
  { zpool status -P "$1" 2> /dev/null || zpool status "$1"; } | awk -v pool="$1" '
    /^config:/ { config = 1; next }
    /^errors:/ { config = 0 }
    !config || NF == 0 || $1 == "NAME" || $1 == pool { next }
    $1 ~ /^((mirror|raidz[123]?|draid[0-9a-z:]*|spare|replacing|indirect)-[0-9]+|logs|cache|spares|special|dedup|log)$/ { next }
    { print $1 }'
}

# only a pool that bears our prefix and stands on our files alone
ours() { # ours DIR POOL
  local leaf leaves prefix
  prefix=$(cat "$1/prefix") || return
  case $2 in "$prefix"*) ;; *) return 1 ;; esac
  leaves=$(pool_leaves "$2") || return
  [ -n "$leaves" ] || return 1
  while IFS= read -r leaf; do
    case $leaf in "$1"/disks/[0-3]) ;; *) return 1 ;; esac
  done <<< "$leaves"
}

native_stop() { # native_stop DIR
  local d=$1 pool pools prefix
  prefix=$(cat "$d/prefix" 2> /dev/null) || return 0   # start died before any pool could be
  [ -n "$prefix" ] || return 0
  pools=$(zpool list -H -o name) || { say "cannot list the pools; leaving $d"; return 1; }
  for pool in $pools; do
    case $pool in "$prefix"*) ;; *) continue ;; esac
    ours "$d" "$pool" ||
      { say "pool $pool bears our prefix but is not on our files alone; leaving it, and $d"; return 1; }
    zpool destroy "$pool" || { say "cannot destroy the test pool $pool; leaving $d"; return 1; }
  done
}
