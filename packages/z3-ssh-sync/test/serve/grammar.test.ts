import t from 'tap'
import { parseRequest } from '../../src/serve/grammar.js'

void t.test('commands, perhaps by sudo', (t) => {
  t.strictSame(parseRequest('mbuffer -q | sudo -n zfs receive tank/a'), [
    { sudo: false, file: 'mbuffer', args: ['-q'] },
    { sudo: true, file: 'zfs', args: ['receive', 'tank/a'] },
  ])
  t.strictSame(parseRequest('env LC_ALL=C PATH=/bin:/sbin sudo -n zfs list tank/a'), [
    { sudo: true, file: 'zfs', args: ['list', 'tank/a'] },
  ])
  t.strictSame(parseRequest('env LC_ALL=C zfs list'), [
    { sudo: false, file: 'zfs', args: ['list'] },
  ])
  t.end()
})

void t.test('no other environment, and nothing behind it', (t) => {
  for (const text of [
    'env',
    'env -i zfs list',
    'env LD_PRELOAD=/tmp/x.so zfs list',
    'env PATH=/bin LC_ALL=C zfs list',
    "env 'LC_ALL=C x' zfs list",
    'env LC_ALL=C',
    'env LC_ALL=C PATH=/bin',
    'sudo -n',
  ]) {
    t.throws(() => parseRequest(text), { name: 'NotAllowed' }, text)
  }
  // what follows is a program by that name
  t.match(parseRequest('env LC_ALL=C LD_PRELOAD=/x zfs list'), [{ file: 'LD_PRELOAD=/x' }])
  t.match(parseRequest('env LC_ALL=C zfs list | env LC_ALL=C sh'), [
    { file: 'env' },
    { file: 'env' },
  ])
  t.match(parseRequest('sudo zfs list'), [{ sudo: false, file: 'sudo' }])
  t.match(parseRequest('sudo -n sudo -n zfs'), [{ sudo: true, file: 'sudo' }])
  t.end()
})
