import { renderPipeline, type Stage } from '@z3/pipeline'
import t from 'tap'
import { ALLOWED, commandsFor, judge } from './setup.js'

void t.test('what a sync needs', (t) => {
  for (const text of ALLOWED) t.not(typeof judge(text), 'string', text)
  t.end()
})

void t.test('what runs are the words, option by option', (t) => {
  t.strictSame(commandsFor('zfs list -Hpt snapshot -d1 -o name,guid -s createtxg tank/backup/a'), [
    [
      ...['zfs', 'list', '-H', '-p', '-t', 'snapshot', '-d', '1'],
      ...['-o', 'name,guid', '-s', 'createtxg', 'tank/backup/a'],
    ],
  ])
  t.strictSame(
    commandsFor("mbuffer -q -m 200M | zstd -dc | zfs recv -us -x mountpoint 'tank/backup/a b'"),
    [
      ['mbuffer', '-q', '-m', '200M'],
      ['zstd', '-dc'],
      [...['zfs', 'receive', '-u', '-s', '-x', 'mountpoint'], 'tank/backup/a b'],
    ],
  )
  t.strictSame(commandsFor('zfs get -Hpo value written tank/backup tank/backup/a@s'), [
    [
      ...['zfs', 'get', '-H', '-p', '-o', 'value', 'written'],
      ...['tank/backup', 'tank/backup/a@s'],
    ],
  ])
  t.end()
})

void t.test('a token is to be checked', (t) => {
  t.match(judge('zfs send -t 1-aa-bb-cc'), { kind: 'run', token: '1-aa-bb-cc' })
  t.match(judge('zfs send -nvPt 1-aa-bb-cc | zstd -q -c'), {
    token: '1-aa-bb-cc',
  })
  t.match(judge('zfs send tank/backup@s'), { token: undefined })
  t.end()
})

void t.test('questions about the host', (t) => {
  t.strictSame(judge('command -v mbuffer'), {
    kind: 'find',
    program: 'mbuffer',
  })
  t.strictSame(judge('command -v zfs'), { kind: 'find', program: 'zfs' })
  for (const text of [
    'command -v',
    'command -v sh',
    'command -v /bin/sh',
    'command -v constructor',
    'command mbuffer',
    'command -v zfs zstd',
    'command -p mbuffer',
    'id',
    'id -u root',
    'id -un',
    'id -u | zstd',
    'command -v zfs | zstd',
    'true',
  ]) {
    t.type(judge(text), 'string', text)
  }
  t.end()
})

void t.test('sudo, if serve says so', (t) => {
  const text = 'mbuffer -q | sudo -n zfs receive -u tank/backup/a'
  for (const refused of [text, 'sudo -n true', 'sudo -n zfs list tank/backup']) {
    t.match(judge(refused), /'sudo'/)
  }
  t.strictSame(commandsFor('sudo -n true', { sudo: true }), [['sudo', '-n', '-l', 'zfs']])
  const [, zfs] = commandsFor(text, { sudo: true })
  t.strictSame(zfs?.slice(0, 5), ['sudo', '-n', 'zfs', 'receive', '-u'])
  t.ok(zfs?.includes('mountpoint'), 'shielded: it is root who receives')
  t.strictSame(commandsFor('zfs list tank/backup', { sudo: true }), [
    ['zfs', 'list', 'tank/backup'],
  ])
  for (const refused of [
    'sudo -n true x',
    'sudo -n sh',
    'sudo -n id -u',
    'sudo -n command -v zfs',
    'sudo -n zstd -d | zfs receive tank/backup/a',
    'sudo zfs list tank/backup',
    'sudo -u nobody zfs list tank/backup',
    'sudo -n -u nobody zfs list tank/backup',
    'sudo -n zfs list tank',
    'sudo -n sudo -n zfs list tank/backup',
    'sudo -n true | zfs receive tank/backup/a',
  ]) {
    t.type(judge(refused, { sudo: true }), 'string', refused)
  }
  t.end()
})

void t.test('what root receives is shielded', (t) => {
  const shielded = (text: string) => commandsFor(text, { root: true }).at(-1)?.join(' ')
  t.equal(
    shielded('zfs receive -s tank/backup/a'),
    'zfs receive -u -s -x mountpoint -x sharenfs -x sharesmb -x exec -x setuid -x devices tank/backup/a',
  )
  t.equal(
    shielded('zfs receive -u -o mountpoint=none -x exec -o setuid=off tank/backup/a@s'),
    'zfs receive -u -o mountpoint=none -x exec -o setuid=off -x sharenfs -x sharesmb -x devices tank/backup/a@s',
    'no property twice',
  )
  t.equal(shielded('zfs receive -A tank/backup/a'), 'zfs receive -A tank/backup/a')
  t.equal(shielded('zfs receive -s'), 'zfs receive -s', 'a probe')
  t.equal(shielded('zfs send tank/backup@a'), 'zfs send tank/backup@a')
  t.end()
})

void t.test('the rights of a key', (t) => {
  const kinds = (mode: 'append-only' | 'read-only') =>
    ALLOWED.filter((text) => typeof judge(text, { mode }) === 'string')
  const has = (word: RegExp) => ALLOWED.filter((text) => word.test(text))
  t.strictSame(kinds('append-only'), has(/zfs (?:send|diff|rollback|destroy|release)| -F /))
  t.strictSame(kinds('read-only'), has(/zfs (?:receive|recv|create|rollback|diff)/))
  t.match(
    judge('zfs rollback tank/backup@a', { mode: 'read-only' }),
    /^'zfs rollback' with --read-only$/,
  )
  t.type(judge('zfs receive -uF tank/backup/a', { mode: 'append-only' }), 'string')
  t.type(judge('zfs receive -F', { mode: 'append-only' }), 'string')
  t.type(judge('zfs send -w', { mode: 'append-only' }), 'string')
  t.end()
})

void t.test('names that are not inside', (t) => {
  for (const name of [
    'tank',
    'tank/backup2',
    'tank/backup2/a',
    'tank/backu',
    'tank/Backup',
    'tank/other/backup',
    'tank/backup/../other',
    'tank/backup/..',
    'tank/backup/.',
    'tank/backup//a',
    'tank/backup/',
    '/tank/backup',
    './tank/backup',
    'tank2/backup',
    'x/tank/backup',
    'tank/backup/%recv',
    'tank/backup/a%b',
    "'tank/backup/a,tank/other'",
    "'tank/backup '",
    "' tank/backup'",
    "'tank/backup\\..'",
    "'tank/backup/a\"b'",
    "''",
    "'*'",
    `tank/backup/${'a'.repeat(250)}`,
  ]) {
    for (const command of [
      'zfs list -H',
      'zfs get -H guid tank/backup',
      'zfs receive',
      'zfs receive -A',
      'zfs create',
    ]) {
      t.type(judge(`${command} ${name}`), 'string', `${command} ${name}`)
    }
    const quoted = name.startsWith("'")
    const with_ = (rest: string) => (quoted ? `${name.slice(0, -1)}${rest}'` : `'${name}${rest}'`)
    for (const command of [
      `zfs send ${with_('@s')}`,
      `zfs send -i tank/backup@a ${with_('@s')}`,
      `zfs send -i ${with_('@s')} tank/backup@a`,
      `zfs send -I ${with_('@s')} tank/backup@a`,
      `zfs send -i ${with_('#s')} tank/backup@a`,
      `zfs rollback ${with_('@s')}`,
      `zfs receive ${with_('@s')}`,
      `zfs hold z3-sync-0123abcd ${with_('@s')}`,
      `zfs release z3-sync-0123abcd tank/backup@a ${with_('@s')}`,
      `zfs holds ${with_('@s')}`,
      `zfs diff ${with_('@s')}`,
      `zfs destroy ${with_('#z3-sync-0123abcd-1')}`,
      `zfs bookmark ${with_('@s')} 'tank/backup#z3-sync-0123abcd-1'`,
      `zfs bookmark tank/backup@s ${with_('#z3-sync-0123abcd-1')}`,
    ]) {
      t.type(judge(command), 'string', command)
    }
  }
  t.type(judge('zfs create tank/backup'), 'string', 'not below')
  t.equal(judge('zfs list tank/backup2'), "'tank/backup2' is not in 'tank/backup'")
  t.not(typeof judge('zfs list tank/x', { dataset: 'tank' }), 'string')
  t.end()
})

void t.test('hostile texts', (t) => {
  for (const text of [
    // other programs
    'sh',
    'bash -c id',
    "sh -c 'zfs list tank/backup'",
    '/bin/sh',
    '/usr/sbin/zfs list tank/backup',
    './zfs list tank/backup',
    'zpool status',
    'zpool destroy tank',
    'zpool get all tank',
    'scp -t /etc',
    'rsync --server',
    '/usr/lib/openssh/sftp-server',
    'internal-sftp',
    'cat /etc/shadow',
    'constructor',
    '__proto__ x',
    'toString',
    'exec zfs list tank/backup',
    'command zfs list tank/backup',
    'nice zfs list tank/backup',
    // environment
    'LD_PRELOAD=/tmp/x.so zfs list tank/backup',
    'env LD_PRELOAD=/tmp/x.so zfs list tank/backup',
    'env LC_ALL=C LD_PRELOAD=/tmp/x.so zfs list tank/backup',
    'env LC_ALL=C PATH=/tmp LD_PRELOAD=/tmp/x.so zfs list tank/backup',
    'env -S zfs list tank/backup',
    'PATH=/tmp zfs list tank/backup',
    // subcommands
    'zfs',
    'zfs constructor tank/backup',
    'zfs __proto__',
    "zfs ''",
    'zfs set readonly=off tank/backup',
    'zfs inherit -r mountpoint tank/backup',
    'zfs destroy tank/backup',
    'zfs destroy -r tank/backup/a',
    'zfs destroy tank/backup/a@s',
    'zfs destroy tank/backup/a@s%t',
    "zfs destroy 'tank/backup/a#mine'",
    "zfs destroy 'tank/backup/a#z3-sync-0123abcd'",
    "zfs destroy 'tank/backup/a#z3-sync-0123abcg-1'",
    "zfs destroy 'tank/backup/a#z3-sync-0123abcd-1x'",
    "zfs destroy 'tank/backup/a#z3-sync-0123abcd-1,b'",
    "zfs destroy 'tank/backup/a#z3-sync-0123abcd-1' 'tank/backup/a#z3-sync-0123abcd-2'",
    "zfs destroy -r 'tank/backup/a#z3-sync-0123abcd-1'",
    "zfs destroy 'tank/other#z3-sync-0123abcd-1'",
    "zfs destroy 'tank/backup/a@x#z3-sync-0123abcd-1'",
    "zfs destroy 'tank/backup/a#x#z3-sync-0123abcd-1'",
    'zfs program tank /tmp/x.lua',
    'zfs snapshot tank/backup@x',
    'zfs clone tank/backup@x tank/backup/c',
    'zfs promote tank/backup/a',
    'zfs rename tank/backup/a tank/other',
    'zfs mount -a',
    'zfs unmount tank/backup',
    'zfs share -a',
    'zfs allow everyone destroy tank/backup',
    'zfs unallow tank/backup',
    'zfs load-key tank/backup',
    'zfs change-key tank/backup',
    'zfs upgrade -a',
    'zfs redact tank/backup@a r tank/backup@b',
    'zfs jail 1 tank/backup',
    'zfs zone /proc/1/ns/user tank/backup',
    'zfs wait tank/backup',
    'zfs userspace tank/backup',
    'zfs help',
    'zfs -h',
    'zfs --version',
    'zfs version',
    // list and get
    'zfs list',
    'zfs list -H',
    'zfs list -t all',
    'zfs list tank',
    'zfs list -r tank',
    'zfs list tank/backup tank/other',
    'zfs list tank/backup -r tank',
    'zfs list tank/backup -r',
    'zfs list -o name,sharenfs tank/backup',
    'zfs list -o all tank/backup',
    'zfs list -o name, tank/backup',
    'zfs list -s -r tank/backup',
    'zfs list -d -1 tank/backup',
    'zfs list -d x tank/backup',
    'zfs list -t x tank/backup',
    'zfs list -j tank/backup',
    'zfs list --json tank/backup',
    'zfs list -- tank/backup',
    'zfs list - tank/backup',
    'zfs list -Hx tank/backup',
    'zfs list -o',
    'zfs get all tank/backup',
    'zfs get guid',
    'zfs get keylocation tank/backup',
    'zfs get guid tank/backup tank',
    'zfs get guid tank/backup -r',
    'zfs get -s x guid tank/backup',
    'zfs get -o x guid tank/backup',
    'zfs get',
    // send
    'zfs send',
    'zfs send -R tank/backup@x',
    'zfs send -R tank/backup@x > f',
    'zfs send -R',
    'zfs send tank/backup',
    "zfs send 'tank/backup#b'",
    'zfs send tank/other@x',
    'zfs send tank/backup@x tank/backup@y',
    'zfs send -i tank/backup@x',
    'zfs send -i @x tank/backup@y',
    "zfs send -i 'tank/other#b' tank/backup@y",
    'zfs send -I tank/other@x tank/backup@y',
    "zfs send -I 'tank/backup#x' tank/backup@y",
    'zfs send -X tank/backup/a tank/backup@x',
    'zfs send --raw tank/backup@x',
    'zfs send --redact x tank/backup@x',
    'zfs send -d x tank/backup@x',
    'zfs send -S tank/backup',
    'zfs send -t',
    'zfs send -t x',
    'zfs send -t 1-aa-bb-cc tank/backup@x',
    'zfs send -t 1-aa-bb-cc -t',
    'zfs send -t 1-aa-bb-cc -t 1-aa-bb-XX',
    'zfs send tank/backup@x -t 1-aa-bb-cc',
    // receive
    'zfs receive',
    'zfs receive -d tank/backup',
    'zfs receive -e tank/backup',
    'zfs receive -ud tank/backup',
    'zfs receive -n tank/backup/a',
    'zfs receive -c tank/backup/a@s',
    'zfs receive -M tank/backup/a',
    'zfs receive tank/other',
    'zfs receive tank/backup/a tank/backup/b',
    'zfs receive tank/backup/a -F',
    'zfs receive tank/backup/a -d',
    "zfs receive 'tank/backup/a#b'",
    'zfs receive -A',
    'zfs receive -A tank/other',
    'zfs receive -A tank/backup/a@s',
    'zfs receive -uA tank/backup/a',
    'zfs receive -A tank/backup/a tank/backup/b',
    'zfs receive -o mountpoint=/etc tank/backup/a',
    'zfs receive -o mountpoint=none,x tank/backup/a',
    "zfs receive -o 'mountpoint=none /etc' tank/backup/a",
    'zfs receive -o mountpoint tank/backup/a',
    'zfs receive -o sharenfs=on tank/backup/a',
    'zfs receive -o setuid=on tank/backup/a',
    'zfs receive -o exec=on tank/backup/a',
    'zfs receive -o devices=on tank/backup/a',
    'zfs receive -o canmount=on tank/backup/a',
    'zfs receive -o readonly=off tank/backup/a',
    'zfs receive -o origin=tank/other@x tank/backup/a',
    'zfs receive -o keylocation=file:///etc/shadow tank/backup/a',
    'zfs receive -o com.sun:auto-snapshot=true tank/backup/a',
    "zfs receive -o 'x=y' tank/backup/a",
    'zfs receive -x',
    "zfs receive -x 'a b' tank/backup/a",
    'zfs receive -x -F tank/backup/a',
    'zfs receive -o -F tank/backup/a',
    'zfs receive tank/backup@a | sh',
    'zfs receive tank/backup/a | zstd',
    'zfs receive tank/backup/a | zfs receive tank/backup/b',
    // create, rollback and marks
    'zfs create -V 1G tank/backup/v',
    'zfs create -o mountpoint=/etc tank/backup/a',
    'zfs create -o canmount=on tank/backup/a',
    'zfs create tank/other',
    'zfs create -p tank/backup/a tank/other',
    'zfs create tank/backup/a@s',
    'zfs rollback -R tank/backup/a@s',
    'zfs rollback -f tank/backup/a@s',
    'zfs rollback -rf tank/backup/a@s',
    'zfs rollback tank/backup/a',
    'zfs rollback tank/backup/a@s tank/other@s',
    'zfs hold tank/backup/a@s',
    'zfs hold mine tank/backup/a@s',
    'zfs hold z3-sync-0123abcd tank/backup/a',
    'zfs hold -r z3-sync-0123abcd tank/backup@s',
    'zfs hold z3-sync-0123abcd',
    'zfs release mine tank/backup/a@s',
    'zfs release -r z3-sync-0123abcd tank/backup@s',
    "zfs bookmark tank/backup/a@s 'tank/backup/a#mine'",
    "zfs bookmark tank/backup/a@s '#z3-sync-0123abcd-1'",
    "zfs bookmark tank/backup/a 'tank/backup/a#z3-sync-0123abcd-1'",
    "zfs bookmark tank/backup/a@s 'tank/backup/a#z3-sync-0123abcd-1' x",
    "zfs bookmark 'tank/backup/a@s#t' 'tank/backup/a#z3-sync-0123abcd-1'",
    'zfs bookmark tank/backup/a@s tank/backup/a@z3-sync-0123abcd-1',
    'zfs diff tank/backup/a',
    'zfs diff tank/backup/a@s tank/other',
    'zfs diff tank/backup/a@s tank/backup/a tank/backup/a',
    'zfs diff tank/backup/a@s /etc',
    'zfs holds tank/backup/a',
    // pipelines
    'zfs list tank/backup | zstd',
    'zfs list tank/backup | sh',
    'zstd',
    'mbuffer -q | zstd',
    'cat /etc/shadow | zfs receive tank/backup/a',
    'zstd | zfs send tank/backup@a',
    'zfs send tank/backup@a | zfs receive tank/backup/b',
    'zfs send tank/backup@a | zstd | zfs receive tank/other',
    'zfs send tank/backup@a | tee /etc/passwd',
    'zfs send tank/backup@a | ssh host zfs receive x',
    'zfs send tank/backup@a | sudo -n tee /etc/passwd',
    'zfs send -w | zstd',
    'zstd -d | zfs receive -s',
    'zfs send tank/backup@a | zstd | sh',
    'sh | zfs receive tank/backup/a',
    'zfs receive tank/backup/a; sh',
    'zfs receive tank/backup/a && sh',
    'zfs receive tank/backup/a || sh',
    'zfs receive tank/backup/a & sh',
    'zfs receive tank/backup/a\nsh',
    'zfs receive tank/backup/a < /etc/shadow',
    'zfs receive $(id)',
    'zfs receive `id`',
    '(set -o pipefail) 2>/dev/null && set -o pipefail; zfs list tank/backup',
    'if zfs list tank/backup',
    '! zfs list tank/backup',
    // filters
    ...[
      ...['-i /etc/shadow', '-o /etc/passwd', '-I :99', '-O host:99'],
      ...['-T /tmp/x', '-A /tmp/x', '-l /tmp/x', '-o-', '-qo /tmp/x', '-f'],
      ...['-m 100%', '-m 9G', '-m 999999999999M', '-m', '-s 1G', '-q x', '-'],
      ...['-R x', '-P 50', '-q -q=x', '--out=/tmp/x'],
    ].map((words) => `mbuffer ${words} | zfs receive tank/backup/a`),
    ...[
      ...['-d -o /tmp/x', '-do/tmp/x', '-D /tmp/x', '/etc/shadow', '--', '-'],
      ...['--output-dir-flat=/tmp', '--output-dir-mirror /tmp', '-r /etc'],
      ...['--filelist /tmp/x', '--rm', '-f', '--patch-from=/etc/shadow'],
      ...['--ultra -22', '--long=31', '-b', '--train', '-22', '-T', '-T999'],
      ...['--trace /tmp/x', '--files', '--memory=9G', '-M9G', '-dx'],
    ].map((words) => `zstd ${words} | zfs receive tank/backup/a`),
    ...['/etc/shadow', '-m x', '-r', '-b', '--rm', '-d /etc/x', '-f'].map(
      (words) => `lz4 ${words} | zfs receive tank/backup/a`,
    ),
    ...['/etc/shadow', '-r', '-k x', '-S .x', '-p', '-p x', '-p 1000', '-f'].map(
      (words) => `pigz ${words} | zfs receive tank/backup/a`,
    ),
    ...['/etc/shadow', '-r', '-S .x', '--files', '-f', '-l', '-N'].map(
      (words) => `gzip ${words} | zfs receive tank/backup/a`,
    ),
  ]) {
    const allowed = judge(text)
    t.type(
      allowed,
      'string',
      `${text} ${typeof allowed === 'string' ? '' : JSON.stringify(allowed)}`,
    )
  }
  t.end()
})

void t.test('what is rendered is what is read', (t) => {
  const stages: readonly Stage[] = [
    { file: 'mbuffer', args: ['-q', '-s', '128k', '-m', '204800k'] },
    { file: 'zstd', args: ['-q', '-d', '-c'] },
    { file: 'zfs', args: ['receive', '-u', '-s', 'tank/backup/with space'] },
  ]
  t.strictSame(
    commandsFor(renderPipeline(stages)),
    stages.map(({ file, args }) => [file, ...args]),
  )
  t.end()
})
