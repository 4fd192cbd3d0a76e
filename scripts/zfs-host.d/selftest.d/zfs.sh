# shellcheck shell=bash disable=SC2154,SC2016   # variables of the script that reads this
# features of zfs that the toolkit uses

estimates() {
  zfs send -nvP "$src/big@a" | grep '^size'
  zfs send -w -nvP "$src/enc@a" | grep '^size'
  zfs send -L -c -e "$src/big@a" | zfs receive -u "$dst/Lce"
}
t 'send -nvP, -w, -L -c -e' estimates

bookmarks() {
  zfs snapshot "$src/big@m"
  zfs bookmark "$src/big@m" "$src/big#m"
  is "$(zfs list -H -t bookmark -o name "$src/big#m")" "$src/big#m"
  zfs send "$src/big@m" | zfs receive -u "$dst/marks"
  zfs destroy "$src/big@m"
  "$A/run" sh -c "echo new > /$src/big/h"
  zfs snapshot "$src/big@n"
  zfs send -i "#m" "$src/big@n" | zfs receive -u "$dst/marks"
  zfs list "$dst/marks@n"
}
t 'bookmarks, and an increment from one' bookmarks

holds() {
  zfs hold keep "$src/big@a"
  is "$(zfs holds -H "$src/big@a" | cut -f2)" keep
  refused zfs destroy "$src/big@a"
  is "$(zfs get -Hpo value userrefs "$src/big@a")" 1
  zfs release keep "$src/big@a"
}
t 'holds' holds

listing() {
  zfs set com.example:x='a b' "$src/big"
  is "$(zfs get -H -o value com.example:x "$src/big")" 'a b'
  zfs list -j | grep '"datasets"'
  zfs list -Hp -t snapshot -s createtxg -o name,guid,createtxg,creation,written,used -d 1 "$src/big" | awk -F'\t' 'NF != 6 { exit 1 }'
  zfs get -Hp -o value written@a "$src/big" | grep -x '[0-9]*'
}
t 'user properties, list -j, list -Hp, written@' listing

destroys() {
  zfs create "$src/few"; zfs create "$src/fewer"
  zfs snapshot "$src/few@1" "$src/fewer@1"
  zfs snapshot "$src/few@2"; zfs snapshot "$src/few@3"
  zfs destroy -nvp "$src/few@1%3" | grep '^reclaim'
  zfs destroy "$src/few@1,2"
  is "$(zfs list -H -t snapshot -o name "$src/few")" "$src/few@3"
}
t 'several snapshots at once; destroy of ranges and lists' destroys

trees() {
  zfs create "$src/tree"; zfs create "$src/tree/x"; zfs snapshot -r "$src/tree@r"
  zfs send -R "$src/tree@r" | zfs receive -u -x mountpoint "$dst/tree"
  zfs list "$dst/tree/x@r"
  zfs clone "$src/tree@r" "$src/clone"; zfs promote "$src/clone"
  zfs rollback "$src/clone@r"
  zfs diff "$src/clone@r"
}
t 'send -R, clone, promote, rollback, diff' trees

programs() {
  echo "zfs.sync.snapshot('$src/few@program')" | zfs program "$src" -
  zfs list "$src/few@program"
}
t 'a channel program on stdin' programs

volumes() {
  zfs create -V 32M "$src/vol"
  within 5 "$A/run" test -e "/dev/zvol/$src/vol"
  "$A/run" dd if=/dev/urandom "of=/dev/zvol/$src/vol" bs=1M count=8
  zfs snapshot "$src/vol@a"
  zfs send "$src/vol@a" | zfs receive -u "$dst/vol"
  within 5 "$A/run" test -e "/dev/zvol/$dst/vol"
  "$A/run" cmp "/dev/zvol/$src/vol" "/dev/zvol/$dst/vol"
}
t 'zvols' volumes

snapdir() {
  "$A/run" cmp "/$src/big/f" "/$src/big/.zfs/snapshot/a/f"
}
t '.zfs/snapshot' snapdir
