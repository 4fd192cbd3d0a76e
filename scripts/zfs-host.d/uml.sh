# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# a host as a process: User Mode Linux in the tests' namespace

disk_count=10
disk_size=${Z3_TEST_DISK_SIZE:-4G}

# the lowest number that no host and no leftover tap has: a leftover guest on the same tap would answer in our place
free_number() {
  local n
  for n in $(seq 1 250); do
    grep -qsx "$n" "$state_root"/*/number && continue
    ip -n "$netns" link show "z3h$n" > /dev/null 2>&1 || { printf '%s\n' "$n"; return; }
  done
  die 'no number left for another host; stop some'
}

# one CPU for the kernel and its traced processes: spread over several it is up to five times slower
cpu_for() {
  local cpus
  mapfile -t cpus < <(awk -F'\t' '/^Cpus_allowed_list/ { print $2 }' /proc/self/status | tr , '\n' |
    awk -F- '{ for (i = $1; i <= (NF > 1 ? $2 : $1); i++) print i }')
  printf '%s\n' "${cpus[$(($1 % ${#cpus[@]}))]}"
}

uml_start() { # uml_start DIR NAME SSHD
  local d=$1 name=$2 n a c i t0=$SECONDS vdevs=() ubds=()
  cached || build
  need ip:iproute2 taskset:util-linux
  for i in /dev/net/tun /dev/shm; do [ -e $i ] || die "$i is missing; a host cannot run here"; done
  c=$(full_dir)
  touch "$c" "$(base_dir)" 2> /dev/null || :   # in use: see prune
  "$root/scripts/netns" exec true
  n=$(free_number) a=10.77.$n
  mkdir -p "$d/bin" "$d/uml"
  printf '%s\n' "$n" > "$d/number"

  # sparse, in memory: the journal of a pool syncs often, and a disk shared with a build is slow at that
  local disks; disks=$(mktemp -d "${Z3_TEST_DISK_DIR:-/dev/shm}/z3-test-$netns-$name.XXXXXX")
  printf '%s\n' "$disks" > "$d/disks"
  for ((i = 0; i < disk_count; i++)); do
    truncate -s "$disk_size" "$disks/$i"
    ubds+=("ubd$i=$disks/$i")
    vdevs+=("/dev/ubd$(printf '%b' "\\x$(printf %x $((97 + i)))")")
  done

  # copies, since a rebuilt cache may have other keys
  cp "$c/vmx" "$d/bin/zfs"
  ln "$d/bin/zfs" "$d/bin/zpool"
  ln "$d/bin/zfs" "$d/bin/run"
  printf '%s.2 7777 /run/netns/%s\n' "$a" "$netns" > "$d/bin/host.conf"
  install -m 600 "$c/key" "$d/key"
  # all hosts of one cache have the same host key
  printf '10.77.* %s\n' "$(cut -d' ' -f1,2 "$c/hostkey.pub")" > "$d/known_hosts"

  ip -n "$netns" tuntap add dev "z3h$n" mode tap
  ip -n "$netns" addr add "$a.1/24" dev "z3h$n"
  ip -n "$netns" link set "z3h$n" up

  (
    # nothing of the caller's may live on in the guest: not our lock, nor a pipe whose end somebody waits for
    for i in "/proc/$BASHPID/fd"/*; do
      i=${i##*/}
      [ "$i" -le 2 ] || exec {i}>&-
    done
    # uml_dir and umid: else it writes to ~/.uml
    TMPDIR=/dev/shm exec nsenter --net="/run/netns/$netns" setsid taskset -c "$(cpu_for "$n")" "$c/linux" \
      "uml_dir=$d/uml" umid=z "mem=${Z3_TEST_HOST_MEM:-1G}" "initrd=$c/initrd.gz" rdinit=/init quiet panic=-1 \
      con=null con0=null,fd:1 ssl=null "${ubds[@]}" "vec0:transport=tap,ifname=z3h$n,depth=128,gro=1" \
      vm.nic=vec0 "vm.ip=$a.2/24" "vm.gw=$a.1" vm.port=7777 "vm.name=$name" "vm.ssh=$3"
  ) > "$d/console" 2>&1 < /dev/null &
  local pid=$!
  disown   # its end is no news for bash to print
  # the identity holds for the whole chain of execs, which keeps pid and start time
  identity "$pid" > "$d/pid"
  until grep -qs '^READY' "$d/console"; do
    if ! alive "$d/pid" || [ $((SECONDS - t0)) -gt "${Z3_TEST_BOOT_TIMEOUT:-60}" ]; then
      boot_failed "$name" "$d/console"
      return 1
    fi
    sleep 0.05
  done
  "$d/bin/run" true < /dev/null || { say "host $name came up, but takes no commands"; return 1; }
  uml_env "$d" "$name" "$a.2" "${vdevs[*]}"
}

# what to do about it, for people; the console, which may hold a trace of the kernel, for whoever mends the kernel
boot_failed() { # boot_failed NAME CONSOLE
  local kept=$cache_root/failed-boot.log
  cp "$2" "$kept" 2> /dev/null || kept=
  say "the OpenZFS host $1 did not boot on this machine${kept:+; its console is kept in $kept}"
  if grep -qsE 'fatal_sigsegv|PTRACE_SETREGSET|panic' "$2"; then
    say 'its kernel does not run on this processor'
  fi
  say "rebuild it with 'scripts/zfs-host build --from-source --force', or set Z3_TEST_ZFS=fuse for the demo (zfs-fuse)"
}

uml_env() { # uml_env DIR NAME ADDRESS VDEVS
  cat > "$1/env.new" << E
Z3_TEST_HOST='$2'
Z3_TEST_VDEVS='$4'
Z3_TEST_POOL_PREFIX='z3test'
Z3_TEST_RUN='$1/bin/run'
Z3_TEST_SSH_ADDR='$3'
Z3_TEST_SSH_KEY='$1/key'
Z3_TEST_SSH_KNOWN_HOSTS='$1/known_hosts'
E
  mv "$1/env.new" "$1/env"
}

uml_stop() { # uml_stop DIR
  local d=$1 pid n disks
  # SIGTERM does not end User Mode Linux
  if alive "$d/pid"; then
    pid=$(cut -d' ' -f1 "$d/pid")
    kill -KILL -- "-$pid" 2> /dev/null || kill -KILL "$pid" 2> /dev/null || :
    while alive "$d/pid"; do sleep 0.02; done
  fi
  if n=$(cat "$d/number" 2> /dev/null); then
    ip -n "$netns" link delete "z3h$n" 2> /dev/null || :
  fi
  if disks=$(cat "$d/disks" 2> /dev/null); then
    case $disks in */z3-test-*) rm -rf "$disks" ;; esac
  fi
}
