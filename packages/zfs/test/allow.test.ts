import t from 'tap'
import { allowCommand } from '../src/allow.js'

const cases: readonly [args: readonly string[], command: string | undefined][] = [
  [['send', 'tank/a@one'], 'zfs allow -u eve send tank/a'],
  [
    ['send', '-w', '-i', 'tank/with space@1', 'tank/with space@2'],
    "zfs allow -u eve send 'tank/with space'",
  ],
  [['send', '-I', 'tank/a@1', 'tank/a@2'], 'zfs allow -u eve send,hold tank/a'],
  [['receive', '-u', 'tank/a/b@one'], 'zfs allow -u eve receive,create,mount tank/a'],
  [['snapshot', 'tank/a@x'], 'zfs allow -u eve snapshot,mount tank/a'],
  [['snapshot', 'tank/a b/c@x', 'tank/a b@x'], "zfs allow -u eve snapshot,mount 'tank/a b'"],
  [
    ['snapshot', '-o', 'a:b=c@d', 'tank/a@x', 'tank/ab@x'],
    'zfs allow -u eve snapshot,mount,userprop tank',
  ],
  [['receive', 'tank@one'], 'zfs allow -u eve receive,create,mount tank'],
  [
    ['receive', '-u', '-F', '-s', 'tank/a@one'],
    'zfs allow -u eve receive,create,mount,rollback tank',
  ],
  [
    [
      'receive',
      '-uo',
      'compression=lz4',
      '-x',
      'atime',
      '-oz3:a=1',
      '-o',
      'z3:b=2',
      '-o',
      'origin=tank/b@one',
      'tank/a@one',
    ],
    'zfs allow -u eve receive,create,mount,compression,atime,userprop tank',
  ],
  [['rename', 'tank/a/b', 'tank/a/c'], 'zfs allow -u eve rename,create,mount tank/a'],
  [['rename', 'tank/a/b/c', 'tank/a/d'], 'zfs allow -u eve rename,create,mount tank/a'],
  [['rename', 'tank/a', 'tank/b/c'], 'zfs allow -u eve rename,create,mount tank'],
  [['send', '-t', '1-a-b-c'], undefined],
  [['receive', '-A', 'tank/a'], 'zfs allow -u eve destroy,mount tank/a'],
  [['create', '-o', 'canmount=off', 'tank/a/b'], 'zfs allow -u eve create,mount,canmount tank/a'],
  [['rollback', 'tank/a@one'], 'zfs allow -u eve rollback tank/a'],
  [['rollback', '-r', 'tank/a@one'], 'zfs allow -u eve rollback,destroy,mount tank/a'],
  [['bookmark', 'tank/a@one', 'tank/a#one'], 'zfs allow -u eve bookmark tank/a'],
  [['destroy', 'tank/a#one'], 'zfs allow -u eve destroy tank/a'],
  [['hold', 'tag', 'tank/a@one'], 'zfs allow -u eve hold tank/a'],
  [['release', 'tag', 'tank/a@one'], 'zfs allow -u eve release tank/a'],
  [['diff', '-H', 'tank/a@one'], 'zfs allow -u eve diff tank/a'],
  // what is no command of ours, and what zfs would not take
  [['list', 'tank'], undefined],
  [['receive', '-o', 'tank/a@one'], 'zfs allow -u eve receive,create,mount tank'],
  [['send'], undefined],
  [[], undefined],
]

for (const [args, command] of cases) {
  t.equal(allowCommand(args, 'eve'), command, args.join(' '))
}
