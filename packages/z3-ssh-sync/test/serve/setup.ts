import { allow, type Allowed } from '../../src/serve/allow.js'
import { parseRequest } from '../../src/serve/grammar.js'
import { NotAllowed, type Policy } from '../../src/serve/policy.js'

export const policy: Policy = {
  dataset: 'tank/backup',
  mode: 'full',
  sudo: false,
  root: false,
}

/** What is done for a text, or why it is refused. */
export const judge = (text: string, more: Partial<Policy> = {}): Allowed | string => {
  try {
    return allow(parseRequest(text), { ...policy, ...more })
  } catch (error) {
    if (error instanceof NotAllowed) return error.message
    throw error
  }
}

/** The commands that would run, each as its words. */
export const commandsFor = (
  text: string,
  more: Partial<Policy> = {},
): readonly (readonly string[])[] => {
  const allowed = judge(text, more)
  if (typeof allowed === 'string') throw new Error(`${text}: ${allowed}`)
  if (allowed.kind !== 'run') throw new Error(`${text}: not run`)
  return allowed.commands.map(({ file, args }) => [file, ...args])
}

/** Texts that are allowed with every right, of each kind one or more. */
export const ALLOWED: readonly string[] = [
  'zfs list -H -o name tank/backup',
  'zfs list -Hp -t snapshot -d 1 -o name,guid,creation,referenced,createtxg -s createtxg tank/backup/a',
  'zfs list -Hp -t bookmark -d 1 -o name,guid,creation,createtxg -s createtxg tank/backup/a',
  'zfs list -H -r -d 1 -t filesystem,volume -o name tank/backup',
  'zfs get -Hp -o property,value written,receive_resume_token,z3:send-flags tank/backup/a',
  'zfs get -Hp -r -d 1 -o name,property,value guid,creation,referenced,createtxg tank/backup',
  'zfs get -Hp -o value written@2026-01-01 tank/backup/a',
  "zfs holds -H tank/backup/a@s1 'tank/backup/with space@s 2'",
  'zfs diff -H tank/backup/a@s',
  'zfs send tank/backup/a@s',
  'zfs send -w -L -e -c -I tank/backup/a@r tank/backup/a@s',
  "zfs send -nvP -i 'tank/backup/a#z3-sync-0123abcd-17' tank/backup/a@s",
  'zfs send -w',
  'zfs send -L -c tank/backup@s | zstd -q -c',
  'zfs send tank/backup@s | lz4 -q -c',
  'zfs send tank/backup@s | pigz -1',
  'zfs send -t 1-c740b4779-a8-789c636064',
  'zfs receive -u -s tank/backup/a',
  'zfs receive -u -F -s -o z3:send-flags=wLec -o readonly=on -x mountpoint tank/backup/a',
  'zfs receive -s tank/backup/a@s',
  'zfs recv tank/backup',
  'zfs receive -s',
  'zfs receive -o z3:probe=1',
  'zfs receive -x z3:probe',
  'zfs receive -A tank/backup/a',
  'mbuffer -q -s 128k -m 204800k | zstd -q -d -c | zfs receive -u -s tank/backup/a',
  'lz4 -q -d -c | zfs receive tank/backup/a',
  'pigz -d | zfs receive tank/backup/a',
  'gzip -d -c | zfs receive tank/backup/a',
  'zfs create -o canmount=off tank/backup/a/b',
  'zfs create -p tank/backup/a/b',
  'zfs rollback -r tank/backup/a@s',
  "zfs bookmark tank/backup/a@s 'tank/backup/a#z3-sync-0123abcd-18446744073709551615'",
  "zfs destroy 'tank/backup/a#z3-sync-0123abcd-17'",
  'zfs hold z3-sync-0123abcd tank/backup/a@s',
  'zfs release z3-sync-0123abcd tank/backup/a@s',
  'env LC_ALL=C zfs list -H tank/backup',
  'env LC_ALL=C PATH=/usr/bin:/sbin zfs list -H tank/backup',
  "env LC_ALL=C 'PATH=/usr/bin:/my sbin' zfs list -H tank/backup",
  'id -u',
]
