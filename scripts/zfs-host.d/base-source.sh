# shellcheck shell=bash disable=SC2154   # variables of the script that reads this
# the base from Debian's packages alone: a User Mode Linux kernel with OpenZFS in it, and a small Debian userland.
# The kernel is GPL, OpenZFS is CDDL: what comes out is for this machine's cache and is never handed on.

kernel_source=linux-source-6.12
zfs_packages=(zfs-dkms zfsutils-linux libzfs6linux libzpool6linux libnvpair3linux libuutil3linux)   # from backports
guest_packages=(busybox-static openssh-server openssh-client openssh-sftp-server
  libc6 libssl3 libblkid1 libuuid1 libudev1 zlib1g libtirpc3 libgssapi-krb5-2 libkrb5-3 libkrb5support0 libk5crypto3
  libcom-err2 libkeyutils1 libcrypt1 libgcc-s1 libpam0g libaudit1 libcap-ng0 libselinux1 libpcre2-8-0 libwrap0 libnsl2
  libsystemd0 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libzstd1 libcap2)
tool_packages=(flex bison m4)

base_from_source() { # base_from_source OUT
  need gcc:gcc /usr/include/stdio.h:libc6-dev make:make bc:bc xz:xz-utils perl:perl cpio:cpio awk:mawk
  local out=$1 w=$1/work t0=$SECONDS
  mkdir -p "$w/debs"
  # in a shell of its own for the variables; never in a condition, which would switch errexit off
  (
    cd "$w" || exit
    set -o pipefail
    step 1 'package lists and packages'; get_packages
    step 4 'kernel source'; unpack_sources
    step 15 'kernel configuration'; prepare_kernel
    step 22 'configure of OpenZFS, beside the kernel proper'; compile_kernel
    step 250 'OpenZFS'; compile_zfs "$out"
    step 370 'userland'; make_guest "$out"
  )
  rm -rf "$w"
}

# step ESTIMATE WHAT: the estimate is the seconds until here on two idle cores of 2023 or so
step() {
  printf 'zfs-host: [%3d s; about %3d s of %d on two idle cores] %s\n' $((SECONDS - t0)) "$1" 380 "$2" >&2
}

# quiet LOG CMD...: a long compilation tells nothing unless it fails, but shows that it lives
quiet() {
  local log=$1 pid; shift
  "$@" > "$log" 2>&1 & pid=$!
  local tick=0
  while kill -0 $pid 2> /dev/null; do
    sleep 1
    tick=$((tick + 1))
    [ $((tick % 15)) -ne 0 ] || printf 'zfs-host: [%3d s]   %s objects compiled\n' $((SECONDS - t0)) "$(objects)" >&2
  done
  wait $pid || { say "failed: $*; the end of its log:"; tail -30 "$log" >&2; return 1; }
}
objects() { find linux -name '*.o' -newer prepared 2> /dev/null | wc -l; }

# a private apt: the machine's own sources, lists and dpkg state stay as they are
get_packages() {
  local a=$w/apt release uri key=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -r $key ] || die "no $key: building from source needs a Debian machine; elsewhere use the prebuilt kit"
  mkdir -p "$a"/etc/{apt.conf.d,preferences.d} "$a/lists/partial" "$a/cache/archives/partial" "$a/state"
  : > "$a/status"
  for release in bookworm bookworm-security; do
    uri=$(release_uri $release)
    [ -n "$uri" ] || die "this machine's apt knows no $release; add it to its sources (Debian 12), or use the prebuilt kit"
    printf 'deb [signed-by=%s] %s %s main\n' $key "$uri" $release
    [ $release != bookworm ] || printf 'deb [signed-by=%s] %s bookworm-backports main contrib\n' $key "$uri"
  done > "$a/etc/sources.list"
  cat > "$a/conf" << E
Dir::Etc "$a/etc"; Dir::Etc::SourceList "$a/etc/sources.list"; Dir::Etc::SourceParts "-";
Dir::State "$a/state"; Dir::State::Lists "$a/lists"; Dir::State::status "$a/status"; Dir::Cache "$a/cache";
Acquire::Languages "none"; APT::Architecture "amd64"; APT::Sandbox::User "root";
E
  (
    export APT_CONFIG=$a/conf
    cd debs || exit
    apt-get -qq update && apt-get -qq download "${zfs_packages[@]/%//bookworm-backports}" \
      "${guest_packages[@]}" "${tool_packages[@]}" $kernel_source
  ) > apt.log 2>&1 || { tail -5 apt.log >&2; die "the packages could not be downloaded; check the machine's apt sources"; }
}
# where this machine's own apt finds a release
release_uri() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | awk -v r="$1" '$2 == r && !n++ { print $1 }'
}
deb() { printf '%s\n' debs/"$1"_*.deb; }

# of the kernel only what ARCH=um can need, but every Kconfig: a third of 1.5 GB
unpack_sources() {
  local p d skip=()
  for p in "${tool_packages[@]}" zfs-dkms; do dpkg -x "$(deb "$p")" tools; done
  for d in 'arch/[!ux]*' drivers/{gpu,media,staging,infiniband,scsi,iio,clk,net/ethernet,net/wireless} sound fs/{btrfs,xfs}; do
    skip+=(--exclude="*/$d/*.[chS]")
  done
  dpkg-deb --fsys-tarfile "$(deb $kernel_source)" | tar xO --wildcards "*/$kernel_source.tar.xz" | xz -dcT0 |
    tar x --strip-components=1 --one-top-level=linux --wildcards --exclude='*/Documentation/*/*' \
      --exclude='*/tools/testing/*' --exclude='*/tools/perf/*' --exclude='*.dts' --exclude='*.dtsi' "${skip[@]}"
  cp -a tools/usr/src/zfs-* zfs
  widen_register_file
  export PATH=$w/tools/usr/bin:$PATH BISON_PKGDATADIR=$w/tools/usr/share/bison M4=$w/tools/usr/bin/m4
}

# The kernel copies the register file of its processes into a buffer of fixed size. The 2696 bytes of Linux 6.12 hold
# AVX-512, not AMX, which has 11008: PTRACE_SETREGSET refuses less, and init is killed at boot (fatal_sigsegv).
widen_register_file() {
  local f=linux/arch/x86/um/user-offsets.c
  sed -i 's/DEFINE_LONGS(HOST_FP_SIZE, 2696)/DEFINE_LONGS(HOST_FP_SIZE, 16384)/' $f
  grep -q 'DEFINE_LONGS(HOST_FP_SIZE, 16384)' $f ||
    die "$f of $kernel_source defines HOST_FP_SIZE in another way; adapt widen_register_file"
}

# ARCH=um on every call: one without it would configure for the machine
kmake() { make -s -C linux ARCH=um -j"$(nproc)" "$@"; }
# kconfig FRAGMENT: an option whose dependency is missing is dropped without a word, so look
kconfig() {
  { { yes '' || :; } | kmake KCONFIG_ALLCONFIG="$1" allnoconfig; } > config.log 2>&1 || { tail config.log >&2; return 1; }
  local lost
  lost=$(grep '^CONFIG_.*=y$' "$1" | grep -vxFf linux/.config) || return 0
  say "the kernel refuses: ${lost//$'\n'/ }"
  return 1
}

prepare_kernel() {
  kconfig "$here/uml.config"
  quiet prepare.log kmake prepare modules_prepare
  : > prepared
}

# ZFS's configure waits for one compiler most of the time: the kernel proper fills the gaps
compile_kernel() {
  configure_zfs > configure.log 2>&1 & local configure=$!
  quiet kernel.log kmake arch/um/ arch/x86/um/ init/ kernel/ mm/ fs/ ipc/ security/ crypto/ block/ lib/ net/ drivers/
  wait $configure || { say 'the configure of OpenZFS failed; the end of its log:'; tail -30 configure.log >&2; return 1; }
}
configure_zfs() {
  cd zfs || return
  ARCH=um ./configure --disable-dependency-tracking --with-config=kernel --enable-linux-builtin \
    --with-linux="$w/linux" --with-linux-obj="$w/linux"
}

compile_zfs() { # compile_zfs OUT
  (cd zfs && ./copy-builtin "$w/linux") > copy.log 2>&1 || { tail copy.log >&2; return 1; }
  # absent from the dkms package; copy-builtin drops one made earlier
  echo '#define ZFS_META_GITREV "dkms"' > linux/include/zfs/zfs_gitrev.h
  { cat "$here/uml.config"; echo CONFIG_ZFS=y; } > zfs.config
  kconfig "$w/zfs.config"
  quiet zfs.log kmake linux
  strip -s linux/linux -o "$1/linux"
}

# the packages side by side, no maintainer scripts: everything that runs in the guest is started by overlay/init
make_guest() { # make_guest OUT
  local g=$w/guest p b
  mkdir -p "$g"/{proc,sys,dev,run,tmp,var,root,mnt,etc/zfs,home/backup}
  for p in "${zfs_packages[@]:1}" "${guest_packages[@]}"; do dpkg -x "$(deb "$p")" "$g"; done
  rm -rf "$g"/usr/share/{doc,man,locale,lintian,bash-completion,initramfs-tools} "$g/usr/lib/python3" \
    "$g"/usr/lib/x86_64-linux-gnu/{gconv,engines-3,audit} "$g"/lib/x86_64-linux-gnu/libmvec*
  for b in $("$g/bin/busybox" --list-full); do
    [ -e "$g/$b" ] || [ -L "$g/$b" ] || { mkdir -p "$g/$(dirname "$b")"; ln -s /bin/busybox "$g/$b"; }
  done
  (cd "$g" && find . | cpio -o -H newc --quiet -R 0:0 | gzip -1) > "$1/guest.cpio.gz"
}
