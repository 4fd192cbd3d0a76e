# shellcheck shell=bash disable=SC2154 # globals of s3-server
# Ceph on one node, as small as it gets: a monitor, a store, a gateway.
# What runs in rgw20's chroot is the same, with "${inside[@]}" in front.

rgw_packages=(radosgw ceph-mon ceph-osd ceph-common libfaketime)
inside=()

installed_rgw() { has_packages "${rgw_packages[@]}"; }
install_rgw() { apt_install "${rgw_packages[@]}"; }

# a process whose clock can be set while it runs; its timers are as before
with_clock=()
use_clock() {
  local library
  library=$(dpkg -L libfaketime | grep '/libfaketimeMT\.so') || die 'libfaketime has no libfaketimeMT.so'
  with_clock=(env "LD_PRELOAD=${library%%$'\n'*}" "FAKETIME_TIMESTAMP_FILE=$(readlink -f "$clock")" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1)
}

ceph_conf() { # $d: the data as the daemons see it
  cat <<X
[global]
fsid = $fsid
mon host = v2:127.0.0.1:$mon_port
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
# with auth none radosgw asks for "secure", which then fails for ever
ms mon client mode = crc
# one protocol: half the ports; the range is shared, each takes free ones
ms bind msgr1 = false
ms bind port min = 16800
ms bind port max = 19800
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = $d
admin socket = $d/\$name.asok
log file = $d/\$name.log
debug none = 0/0
debug rocksdb = 0/0
mon data = $d/mon
mon data avail crit = 1
mon data avail warn = 2
# changes of the maps wait for these: with the defaults a start takes 15 s
paxos propose interval = 0.02
paxos min wait = 0.01
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd data = $d/osd
osd objectstore = bluestore
osd memory target = 1073741824
osd max object size = 134217728
bluestore block size = $size
bluestore fsck on mkfs = false
bluestore rocksdb cf = false
# closing a device waits for this poll (250), and a start closes it often
bdev aio poll ms = 10
# a gateway that asks before the store is up asks again after this (5 s)
objecter tick interval = 0.1

[client]
rgw data = $d/rgw
rgw num rados handles = 1
rgw thread pool size = 32
rgw enable usage log = false
rgw enable ops log = false
rgw dynamic resharding = false
# BUCKET.s3.test; other names are path style as before
rgw dns name = s3.test
# upper case and _ in names of buckets, as old ones have
rgw relaxed s3 bucket names = true
${sts:+# temporary credentials: GetSessionToken, for a user with a policy, which it may give itself
rgw sts key = z3testz3testz3te
rgw s3 auth use sts = true
}# deleted data must go at once, else it fills the store (507)
rgw gc obj min wait = 1
rgw gc processor period = 2
rgw gc processor max time = 2
rgw obj stripe size = 16777216
rgw max chunk size = 4194304

[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:$port${tls:+ ssl_endpoint=127.0.0.1:$tls_port ssl_certificate=$d/tls/cert.pem ssl_private_key=$d/tls/key.pem}
X
}

start_rgw() {
  local d=$data fsid osd_uuid mon_port conf
  [ ${#inside[@]} = 0 ] || d=/z3
  conf=$d/ceph.conf
  read -r fsid </proc/sys/kernel/random/uuid
  read -r osd_uuid </proc/sys/kernel/random/uuid
  free_port port
  free_port mon_port
  [ -z "$tls" ] || free_port tls_port
  key_id=Z3TEST$(random_hex 5) secret=$(random_hex 20)
  mkdir "$data/mon" "$data/osd" "$data/rgw"
  ceph_conf >"$data/ceph.conf"

  "${inside[@]}" monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_port]" "$d/monmap" >"$data/mkfs.out" 2>&1
  "${inside[@]}" ceph-mon -c "$conf" --mkfs -i a --monmap "$d/monmap" >>"$data/mkfs.out" 2>&1
  daemon ceph-mon "${inside[@]}" ceph-mon -c "$conf" -i a -f
  # the store needs the monitor only for its number
  "${inside[@]}" ceph-osd -c "$conf" --no-mon-config -i 0 --mkfs --osd-uuid "$osd_uuid" >"$data/osd-mkfs.out" 2>&1 &
  local mkfs=$!
  "${inside[@]}" ceph -c "$conf" --connect-timeout 30 osd new "$osd_uuid" >>"$data/mkfs.out" 2>&1
  wait $mkfs
  daemon ceph-osd "${inside[@]}" ceph-osd -c "$conf" -i 0 -f
  [ -z "$clock" ] || use_clock
  daemon radosgw "${with_clock[@]}" "${inside[@]}" radosgw -c "$conf" -n client.rgw.a -f
  wait_for 60 http_answers "$port"
  "${inside[@]}" radosgw-admin -c "$conf" user create --uid=z3 --display-name=z3 ${sts:+--caps="user-policy=*"} \
    --access-key="$key_id" --secret-key="$secret" >"$data/user.out" 2>&1
}

admin() {
  local n=$1 d
  shift
  data=$(cat "$state/$n/data")
  d=$data
  case $(cat "$state/$n/kind") in
    rgw) ;;
    rgw20)
      enter_rgw20
      d=/z3
      ;;
    *) die "$n has no radosgw-admin" ;;
  esac
  "${inside[@]}" radosgw-admin -c "$d/ceph.conf" "$@"
}
