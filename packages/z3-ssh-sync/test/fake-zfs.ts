import { chmodSync, readFileSync } from 'node:fs'
import { testIo } from '@z3/fixtures'
import type { Test } from 'tap'
import { main } from '../src/main.js'

/**
 * A zfs for both sides of a local run. Its datasets are files: NAME.snapshots,
 * NAME.token, NAME.flags, with _ for /. A file `fails` has words, a line each:
 * a command that has all the words of a line fails, and says what the file
 * `said` has. A file `gone` has the snapshot of `a` that is destroyed while
 * something is received; NAME.held, those that have a hold.
 */
const ZFS = `#!/bin/bash
cd "$(dirname "$0")"
echo "$*" >> log
while read -r words; do
  for word in $words; do
    case " $* " in *" $word "*) ;; *) continue 2 ;; esac
  done
  cat said >&2; exit 1
done < fails
last=\${*: -1}; name=\${last%@*}; file=\${name//\\//_}
known() {
  [ -e "$file.snapshots" ] || { echo "cannot open '$name': dataset does not exist" >&2; exit 1; }
}
case "$*" in
  'receive -s') echo 'missing snapshot argument' >&2; exit 2 ;;
  'receive -A '*) rm -f "$file.token"; [ -s "$file.snapshots" ] || rm -f "$file.snapshots" ;;
  'receive '*)
    cat > arrived
    rm -f "$file.token"
    cat arrived >> "$file.snapshots"
    [ ! -e gone ] || sed -i "/@$(cat gone)\t/d" a.snapshots ;;
  'send -nvP -t '*) cat token ;;
  'send -nvP '*) printf 'size\\t100\\n' ;;
  'send -t '*) cat resumed ;;
  'send '*) awk -F '[@\\t]' -v name="\${last##*@}" '$2 == name' "$file.snapshots" ;;
  *userrefs*)
    known
    sed "s,^[^@]*,$name," "$file.snapshots" | while IFS= read -r row; do
      grep -qx "$(cut -f1 <<< "$row" | sed 's,.*@,,')" "$file.held" 2> /dev/null && held=1 || held=0
      printf '%s\\t%s\\n' "$(cut -f1 <<< "$row")" "$held"
    done ;;
  *'-t snapshot'*) known; sed "s,^[^@]*,$name," "$file.snapshots" ;;
  *'-t bookmark'*) known ;;
  *'-t filesystem,volume'*) ls *.snapshots | sed 's/.snapshots//; s,_,/,g' | grep "^$name\\(/\\|$\\)" ;;
  'get -Hp -o value guid '*) known; awk -F '[@\\t]' -v name="\${last##*@}" '$2 == name { print $3 }' "$file.snapshots" ;;
  get*)
    known
    for property in written receive_resume_token z3:send-flags; do
      case $property in
        receive_resume_token) value=$(cat "$file.token" 2> /dev/null) ;;
        z3:*) value=$(cat "$file.flags" 2> /dev/null) ;;
        *) value=0 ;;
      esac
      printf '%s\\t%s\\n' "$property" "\${value:--}"
    done ;;
  bookmark*) ;;
  holds*)
    for one in "\${@:3}"; do
      grep -q "@\${one#*@}"$'\\t' "$file.snapshots" || { echo "cannot open '$one': dataset does not exist" >&2; exit 1; }
    done ;;
  *) echo "not expected: $*" >&2; exit 9 ;;
esac
`

/** A line of `NAME.snapshots`: name, guid, creation, referenced, createtxg. */
export const snapshot = (name: string, number: number): string =>
  [`x@${name}`, 1000 + number, 1600000000 + number, 10, number].join('\t') + '\n'

/** What `zfs send -nvP -t` says. */
export const tokenText = (name: string, number: number, more: readonly string[] = []): string =>
  [
    'resume token contents:',
    'nvlist version: 0',
    '\tobject = 0x1',
    '\toffset = 0x0',
    '\tbytes = 0x1000',
    `\ttoguid = 0x${(1000 + number).toString(16)}`,
    `\ttoname = ${name}`,
    ...more.map((line) => `\t${line}`),
    'size\t5000',
    '',
  ].join('\n')

export const TOKEN = '1-aa-bb-cc'

/** Run z3-ssh-sync with that zfs, from `a` to `b`. */
export const localSync = (t: Test, files: Readonly<Record<string, string>>) => {
  const dir = t.testdir({ zfs: ZFS, fails: '', said: '', ...files })
  chmodSync(`${dir}/zfs`, 0o755)
  return {
    dir,
    /** The commands of zfs so far that change something. */
    changes: () =>
      readFileSync(`${dir}/log`, 'utf8')
        .trim()
        .split('\n')
        .filter((line) => !/^(list|get|holds|send|receive -s$)/.test(line)),
    run: async (args: readonly string[], from = 'a', to = 'b') => {
      const io = testIo({
        PATH: `${dir}:${process.env['PATH'] ?? ''}`,
        SNAPSHOT_PREFIX: '',
      })
      const code = await main(['--from', from, '--to', to, ...args], io)
      return { code, stdout: io.out(), stderr: io.err() }
    },
  }
}
