# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# fill the cache: base (kernel and userland), then what is ours on top of it

build() {
  local from=${Z3_ZFS_HOST_FROM:-} force=
  while [ $# -gt 0 ]; do
    case $1 in
      --from-source) from=source ;;
      --force) force=1 ;;
      *) usage_error "build: unknown option $1" ;;
    esac
    shift
  done
  case $from in
    '' ) if have_kit; then from=kit; else from=source; fi ;;
    kit) have_kit || die "no prebuilt kit at $(kit_dir); set Z3_ZFS_KIT, or build --from-source" ;;
    source) ;;
    *) usage_error "Z3_ZFS_HOST_FROM is '$from'; it may be kit or source" ;;
  esac
  need_root 'filling the cache'
  mkdir -p "$cache_root"
  exec {build_lock}> "$cache_root/lock"
  flock -n "$build_lock" || { say 'another build is running; waiting for it'; flock "$build_lock"; }
  build_locked "$from" "$force"
  exec {build_lock}>&-
}

# a kit's base satisfies a plain build, but never --from-source; a built one satisfies both
is_from() { # is_from DIR ORIGIN
  [ -e "$1/origin" ] || return 1
  [ "$2" = kit ] || [ "$(cat "$1/origin")" = source ]
}

build_locked() { # build_locked ORIGIN FORCE
  local base full t0=$SECONDS
  base=$(base_dir) full=$(full_dir)
  if [ -z "$2" ] && is_from "$full" "$1"; then
    say "up to date: $full"
    return
  fi
  tmp=$cache_root/tmp.$$
  trap 'rm -rf "$tmp"' EXIT
  trap 'exit 130' INT; trap 'exit 143' TERM HUP
  rm -rf "$cache_root"/tmp.*   # left by a killed build: we hold the lock
  if [ -n "$2" ] || ! is_from "$base" "$1"; then
    say "building from $1: kernel and userland"
    mkdir -p "$tmp/base"
    "base_from_$1" "$tmp/base"
    printf '%s\n' "$1" > "$tmp/base/origin"
    swap_in "$tmp/base" "$base"
  fi
  mkdir -p "$tmp/full"
  finish "$base" "$tmp/full"
  swap_in "$tmp/full" "$full"
  rm -rf "$tmp"
  prune "$base" "$full"
  say "$(awk -v s=$((SECONDS - t0)) 'BEGIN { printf "built in %.1f minutes", s / 60 }') ($1): $full"
}

# caches of other recipes that nobody has used for two weeks
prune() {
  touch "$@"
  find "$cache_root" -mindepth 1 -maxdepth 1 -type d -mtime +14 -exec rm -rf {} +
}

finish() { # finish BASE OUT: our overlay, agent and this machine's keys, as a second archive in the initrd
  local base=$1 out=$2 g=$2/guest
  need gcc:gcc /usr/include/stdio.h:libc6-dev cpio:cpio ssh-keygen:openssh-client
  mkdir -p "$g/sbin" "$g/root/.ssh" "$g/home/backup/.ssh"
  cp -R "$here/overlay/." "$g/"
  gcc -O2 -Wall -Wextra -pthread -static -o "$g/sbin/vmxd" "$here/vmxd.c"
  gcc -O2 -Wall -Wextra -pthread -o "$out/vmx" "$here/vmx.c"
  ssh-keygen -q -t ed25519 -N '' -C z3-test -f "$out/key"
  ssh-keygen -q -t ed25519 -N '' -C z3-test -f "$g/etc/ssh/ssh_host_ed25519_key"
  cp "$g/etc/ssh/ssh_host_ed25519_key.pub" "$out/hostkey.pub"
  cp "$out/key" "$g/root/.ssh/id_ed25519"
  printf '* %s\n' "$(cat "$out/hostkey.pub")" > "$g/root/.ssh/known_hosts"
  local h
  for h in root home/backup; do cp "$out/key.pub" "$g/$h/.ssh/authorized_keys"; done
  # modes come from the checkout and the umask: an archive's root of 700 would shut out every user but root
  chmod -R u=rwX,go=rX "$g"
  chmod 700 "$g/root" "$g/root/.ssh"; chmod 600 "$g/root/.ssh/id_ed25519" "$g/etc/ssh/ssh_host_ed25519_key"
  (cd "$g" && find . | cpio -o -H newc --quiet -R 0:0 | gzip -1) > "$out/ours.gz"
  cat "$base/guest.cpio.gz" "$out/ours.gz" > "$out/initrd.gz"
  rm -r "$g" "$out/ours.gz"
  ln "$base/linux" "$out/linux"
  cp "$base/origin" "$out/origin"
}
