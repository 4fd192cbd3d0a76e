import t from 'tap'
import {
  formatPlace,
  formatSshAddress,
  parsePlace,
  parseSshAddress,
  type Place,
} from '../../src/ssh/ssh-address.js'

void t.test('hosts', (t) => {
  const cases: readonly [text: string, user: string | undefined, host: string, written?: string][] =
    [
      ['nas', undefined, 'nas'],
      ['backup@nas.example.com', 'backup', 'nas.example.com'],
      ['eve@corp.example@nas', 'eve@corp.example', 'nas'],
      ['[::1]', undefined, '::1'],
      ['root@[fe80::1%eth0]', 'root', 'fe80::1%eth0'],
      ['root@::1', 'root', '::1', 'root@[::1]'],
      ['my_alias', undefined, 'my_alias'],
    ]
  for (const [text, user, host, written = text] of cases) {
    const target = parseSshAddress(text)
    t.equal(target.user, user, text)
    t.equal(target.host, host, text)
    t.equal(formatSshAddress(target), written)
  }
  t.end()
})

void t.test('what is no host, or would be an option or a command', (t) => {
  for (const text of [
    '',
    '@nas',
    'root@',
    '-oProxyCommand=id',
    'root@-oProxyCommand=id',
    '-l@nas',
    'nas two',
    'nas\n',
    'nas\t',
    'na\0s',
    'na\u0085s',
    'a;b',
    '$(id)',
    '`id`@nas',
    "o'b",
    'a|b',
    'ssh://nas',
    'nas/x',
    '[nas]',
    '[::1',
    '::1]',
    '[-::1]',
  ]) {
    t.throws(
      () => parseSshAddress(text),
      { code: 'usage', message: /^cannot connect to "[^\n]*": / },
      JSON.stringify(text),
    )
  }
  t.end()
})

void t.test('places', (t) => {
  const cases: readonly [text: string, target: string | undefined, dataset: string][] = [
    ['tank/a', undefined, 'tank/a'],
    ['nas:tank/a', 'nas', 'tank/a'],
    ['root@nas:tank', 'root@nas', 'tank'],
    ['nas:tank/with space', 'nas', 'tank/with space'],
    ['root@[::1]:tank/a:b', 'root@[::1]', 'tank/a:b'],
    ['nas:tank:x/a', 'nas', 'tank:x/a'],
    // a colon after a slash is part of a name
    ['tank/a:b', undefined, 'tank/a:b'],
    [':tank:x/a', undefined, 'tank:x/a'],
  ]
  for (const [text, target, dataset] of cases) {
    const place: Place = parsePlace(text)
    t.equal(place.dataset, dataset, text)
    t.equal(place.ssh && formatSshAddress(place.ssh), target, text)
    t.equal(formatPlace(place), text)
  }
  t.equal(parsePlace(':tank/a').ssh, undefined)
  t.end()
})

void t.test('what is no place', (t) => {
  for (const [text, code] of [
    ['nas:tank/a$(touch x)', 'invalid-name'],
    ["nas:tank/a'b", 'invalid-name'],
    ['nas:tank/a@one', 'invalid-name'],
    ['nas:tank/a#one', 'invalid-name'],
    ['tank/a@one', 'invalid-name'],
    ['nas:', 'invalid-name'],
    ['', 'invalid-name'],
    ['nas:-tank', 'invalid-name'],
    ['-oProxyCommand=id:tank', 'usage'],
    ['a b:tank', 'usage'],
    ['@:tank', 'usage'],
    ['ssh://nas:tank', 'invalid-name'],
    ['[::1:tank', 'invalid-name'],
  ] as const) {
    t.throws(() => parsePlace(text), { code }, text)
  }
  t.end()
})
