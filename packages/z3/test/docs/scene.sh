#!/usr/bin/env bash
# The machine of docs/*.md, in a mount namespace: what is written below /etc, /root, /usr, /mnt and
# /opt is gone when it ends. Runs the commands from descriptor 3, each with a NUL after it, and
# writes their statuses to descriptor 4.
set -euo pipefail

mount -t tmpfs tmpfs "$SCENE/layers"
for dir in etc root usr mnt opt; do
  mkdir -p "$SCENE/layers/$dir/upper" "$SCENE/layers/$dir/work"
  mount -t overlay overlay -o "lowerdir=/$dir,upperdir=$SCENE/layers/$dir/upper,workdir=$SCENE/layers/$dir/work" "/$dir"
done

wrap() { # wrap FILE PROGRAM: with a path of its own, so that it finds what lies beside it
  printf '#!/bin/sh\nexec "%s" "$@"\n' "$2" > "$1"
  chmod +x "$1"
}
bin=/usr/local/bin sbin=/usr/local/sbin
for name in pput z3-get z3_get z3 z3-ssh-sync z3_ssh_sync z3-thin z3-check z3-snap z3-autobackup zstream-verify; do
  wrap "$bin/$name" "$(command -v "$name")"
done
wrap "$bin/node" "$NODE"
wrap "$sbin/zfs" "$(command -v zfs)"
wrap "$sbin/zpool" "$(command -v zpool)"
# files of pools are on the test host: a program that is given one runs there
patterns=$(for pool in $POOLS; do printf '/%s|/%s/*|*=/%s/*|' "$pool" "$pool" "$pool"; done)
for name in cat cp diff dd head ls mkdir rm sha256sum tee touch; do
  cat > "$sbin/$name" <<PROGRAM
#!/bin/sh
for word; do
  case \$word in ${patterns%|}) exec "$RUN" $name "\$@" ;; esac
done
exec /usr/bin/$name "\$@"
PROGRAM
  chmod +x "$sbin/$name"
done

# every host name of the pages is the test host
mkdir -p /etc/ssh/ssh_config.d
cat > /etc/ssh/ssh_config.d/z3.conf <<CONFIG
Host nas server1 vault a b
  HostName $SSH_ADDRESS
  IdentityFile $SSH_KEY
  UserKnownHostsFile $SSH_KNOWN_HOSTS
CONFIG

rm -rf /etc/z3 /etc/z3_backup
if [ -n "$CONFIGURED" ]; then
  mkdir -p /etc/z3 /etc/z3_backup
  cp -p "$SCENE/z3.conf" /etc/z3_backup/
  cp -p "$SCENE/offsite.conf" /etc/z3/
fi

export PATH=$sbin:$bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /root
set +eu
while IFS= read -r -d '' command <&3; do
  eval "$command" < /dev/null > "$SCENE/stdout" 2> "$SCENE/stderr" 3<&- 4>&-
  printf '%d\n' $? >&4
done
