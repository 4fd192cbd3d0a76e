import { readFileSync } from 'node:fs'
import t from 'tap'
import { localSync, snapshot, TOKEN, tokenText } from './fake-zfs.js'

const FROM = { 'a.snapshots': snapshot('s1', 1) + snapshot('s2', 2) }
const CUT = {
  ...FROM,
  'b.snapshots': '',
  'b.token': TOKEN,
  token: tokenText('a@s1', 1),
  resumed: snapshot('s1', 1),
}

void t.test('what has arrived before a failure is told', async (t) => {
  const files = { ...FROM, fails: 'send a@s2\n', said: 'it is torn\n' }
  const { run } = localSync(t, files)
  const { code, stdout } = await run(['--json', '--step', '--history'])
  t.equal(code, 1)
  t.match(JSON.parse(stdout), {
    status: 'error',
    code: 'zfs-failed',
    datasets: [{ source: 'a', destination: 'b', result: 'failed', received: ['b@s1'] }],
  })
})

void t.test('and of every dataset of a recursive run', async (t) => {
  const { run } = localSync(t, {
    ...FROM,
    'a_x.snapshots': snapshot('s1', 1) + snapshot('s2', 2),
    fails: 'send a/x@s2\n',
    said: 'it is \x1b]torn\n',
  })
  const args = ['--step', '--history', '--recursive']
  const { code, stdout, stderr } = await run([...args, '--quiet', '--json'])
  t.equal(code, 1)
  t.match(JSON.parse(stdout), {
    status: 'error',
    datasets: [
      { source: 'a', result: 'synced', received: ['b@s1', 'b@s2'] },
      { source: 'a/x', result: 'failed', received: ['b/x@s1'] },
    ],
  })
  t.match(stderr, 'z3-ssh-sync: a/x: ')
  t.match(stderr, '1 of 2 datasets failed')
  t.match(stderr, 'it is \\x1b]torn')
  t.notMatch(stderr, '\x1b')
})

void t.test('a dry run receives nothing, and says no more', async (t) => {
  const { run, changes } = localSync(t, FROM)
  const { code, stdout } = await run(['--json', '--dry-run'])
  t.equal(code, 0)
  t.equal(stdout, 'zfs send a@s2 | zfs receive -u -s b\n')
  const failing = await run(['--json', '--dry-run', '--snapshot', 's3'])
  t.equal(failing.code, 4)
  t.match(JSON.parse(failing.stdout), {
    code: 'no-such-snapshot',
    datasets: [{ received: [] }],
  })
  t.strictSame(changes(), [])
})

void t.test('a dry run plans behind what is resumed', async (t) => {
  const { run, changes } = localSync(t, CUT)
  const { code, stdout, stderr } = await run(['--dry-run'])
  t.equal(code, 0, stderr)
  t.equal(
    stdout,
    `zfs send -t ${TOKEN} | zfs receive -u -s b\nzfs send -I a@s1 a@s2 | zfs receive -u -s b\n`,
  )
  t.strictSame(changes(), [])
  const real = await run([])
  t.equal(real.code, 0, real.stderr)
  t.equal(real.stdout, 'received b@s1\nreceived b@s2\n')
})

void t.test('and behind what is dropped', async (t) => {
  const { run } = localSync(t, CUT)
  const args = ['--raw', '--keep-common', 'none'] as const
  const { code, stdout, stderr } = await run([...args, '--dry-run'])
  t.equal(code, 0, stderr)
  t.equal(stdout, 'zfs receive -A b\nzfs send -w a@s2 | zfs receive -u -s -o z3:send-flags=w b\n')
})

void t.test('a token is held against what is wanted', async (t) => {
  const three = { 'a.snapshots': `${FROM['a.snapshots']}${snapshot('m3', 3)}` }
  const raw = { token: tokenText('a@s1', 1, ['rawok = 1']) }
  const second = {
    token: tokenText('a@s2', 2, ['fromguid = 0x3e9']),
    resumed: snapshot('s2', 2),
    'b.snapshots': snapshot('s1', 1),
  }
  const third = {
    ...second,
    ...three,
    token: tokenText('a@m3', 3, ['fromguid = 0x3e9']),
  }
  const cases: readonly (readonly [
    what: string,
    files: Readonly<Record<string, string>>,
    args: readonly string[],
    why: RegExp | undefined,
  ])[] = [
    ['as it was', {}, [], undefined],
    ['raw, and no longer', {}, ['--raw'], /receive: the stream is not raw\n/],
    ['raw still', raw, ['--raw'], undefined],
    ['raw, and not said', raw, [], undefined],
    ['raw, and refused', raw, ['--raw=false'], /receive: the stream is raw\n/],
    ['an older one', second, ['--snapshot', 's1'], /@s2 is newer than @s1/],
    ['that one', second, ['--snapshot', 's2'], undefined],
    ['by its prefix', third, ['--snapshot-prefix', 's'], /@m3 is newer/],
    [
      'one in between',
      {
        ...third,
        'a.snapshots': `${FROM['a.snapshots']}${snapshot('m3', 3)}${snapshot('s4', 4)}`,
      },
      ['--snapshot-prefix', 's', '--only-matching'],
      /--only-matching excludes @m3/,
    ],
    ['the oldest', {}, ['--history'], undefined],
    [
      'with all before it',
      { token: tokenText('a@s2', 2), resumed: snapshot('s2', 2) },
      ['--history'],
      /--history begins with @s1/,
    ],
    [
      'another newest one',
      { ...second, 'b.snapshots': snapshot('s1', 1) + snapshot('s9', 9) },
      ['--rollback'],
      /its parent is not the newest snapshot of the destination/,
    ],
    [
      'of a snapshot that is gone',
      { token: tokenText('a@s0', 0) },
      [],
      /the source cannot send the rest of the stream/,
    ],
  ]
  for (const [what, files, args, why] of cases) {
    const { run, changes } = localSync(t, { ...CUT, ...files })
    const { code, stderr } = await run([...args, '--quiet'])
    t.equal(code, 0, `${what}: ${stderr}`)
    t.equal(changes().includes('receive -A b'), why !== undefined, what)
    if (why) t.match(stderr, why, what)
    else t.equal(stderr, '', what)
  }
})

void t.test('nothing is dropped for what cannot be', async (t) => {
  const none = localSync(t, CUT)
  t.equal((await none.run(['--snapshot', 'none'])).code, 4)
  t.strictSame(none.changes(), [])
  const pinned = localSync(t, {
    ...CUT,
    'b.snapshots': snapshot('s1', 1),
    'b.flags': 'c',
    token: tokenText('a@s2', 2, ['fromguid = 0x3e9', 'compressok = 1']),
  })
  const { code, stderr } = await pinned.run(['--raw'])
  t.equal(code, 2)
  t.match(stderr, 'the first stream to the destination was not raw')
  t.strictSame(pinned.changes(), [])
})

void t.test('with --quiet what went wrong is said, and no more', async (t) => {
  const files = { ...FROM, fails: 'bookmark a@s2\n', said: 'no \x1b[1mway\n' }
  const { run } = localSync(t, files)
  const { code, stdout, stderr } = await run(['--quiet'])
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(stderr, /^z3-ssh-sync: a@s2 was received, but cannot be protected as .*no/)
  t.match(stderr, 'no \\x1b[1mway')
  t.equal((await run(['--quiet', '--keep-common', 'none'])).stderr, '')
})

void t.test('the base is kept, whatever else is destroyed', async (t) => {
  const three = { 'a.snapshots': `${FROM['a.snapshots']}${snapshot('s3', 3)}` }
  const files = { ...three, 'b.snapshots': snapshot('s2', 2), gone: 's1' }
  const { run, changes, dir } = localSync(t, files)
  const { code, stderr } = await run(['--quiet'])
  t.equal(code, 0, stderr)
  t.equal(stderr, '')
  t.match(changes().at(-1), /^bookmark a@s3 a#z3-sync-\w{8}-1003$/)
  t.notMatch(readFileSync(`${dir}/log`, 'utf8'), /^holds/m, 'nothing is held')
})

void t.test('marks of earlier runs that stay are no failure', async (t) => {
  const files = {
    ...FROM,
    'a.held': 's1\n',
    fails: 'holds\n',
    said: 'no way\n',
  }
  const { run, changes } = localSync(t, files)
  const { code, stderr } = await run(['--quiet'])
  t.equal(code, 0)
  t.match(stderr, /^z3-ssh-sync: a: cannot remove holds and bookmarks of .*no way\n$/)
  t.match(changes().at(-1), /^bookmark a@s2 /)
})
