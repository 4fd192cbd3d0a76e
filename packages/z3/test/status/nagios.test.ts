/** z3 status --nagios: one line, performance data, and the exit status of a plugin. */
import { fakeBucket, testIo } from '@z3/fixtures'
import type { StatusSummary } from '@z3/core'
import t, { type Test } from 'tap'
import { main } from '../../src/main.js'
import { judgeDataset, nagiosLine, worstState } from '../../src/status/nagios.js'

const HOUR = 3600
const NOW = 1_800_000_000
const LIMITS = { warning: 26 * HOUR, critical: 50 * HOUR }

const summary = (age: number | undefined, more: Partial<StatusSummary> = {}): StatusSummary => ({
  ...{ objects: 2, bytes: 20, unhealthy: 0, notStored: 0, leftOut: 0 },
  newestGood: { name: 'a', created: age === undefined ? undefined : NOW - age },
  ...more,
})

void t.test('the state of a dataset', (t) => {
  const cases: readonly (readonly [StatusSummary, string, string | undefined, number?])[] = [
    [summary(0), 'OK', undefined, 0],
    [summary(26 * HOUR), 'OK', undefined, 26 * HOUR],
    [summary(26 * HOUR + 1), 'WARNING', 'newest backup 1d 2h old', 26 * HOUR + 1],
    [summary(50 * HOUR), 'WARNING', 'newest backup 2d 2h old', 50 * HOUR],
    [summary(50 * HOUR + 1), 'CRITICAL', 'newest backup 2d 2h old', 50 * HOUR + 1],
    [summary(-600), 'OK', undefined, 0],
    [summary(-3600), 'UNKNOWN', 'the creation of the newest backup is in the future'],
    [summary(undefined), 'UNKNOWN', 'the creation of the newest backup is not known'],
    [summary(HOUR, { unhealthy: 1 }), 'CRITICAL', '1 backup is not healthy', HOUR],
    [summary(-3600, { unhealthy: 2 }), 'CRITICAL', '2 backups are not healthy'],
    [summary(0, { newestGood: undefined }), 'CRITICAL', 'no backup can be restored'],
    [summary(0, { objects: 0, newestGood: undefined }), 'CRITICAL', 'no backup'],
  ]
  for (const [given, state, problem, age] of cases) {
    t.strictSame(judgeDataset('tank', given, LIMITS, NOW), { dataset: 'tank', state, age, problem })
  }
  t.end()
})

void t.test('the line', (t) => {
  const good = judgeDataset('tank/a', summary(HOUR), LIMITS, NOW)
  const old = judgeDataset('tank/b', summary(30 * HOUR), LIMITS, NOW)
  const none = judgeDataset('tank/c d', summary(undefined, { newestGood: undefined }), LIMITS, NOW)
  const unknown = { ...none, dataset: 'x', state: 'UNKNOWN' as const, problem: 'a | b\n  c' }
  t.equal(
    nagiosLine([good], LIMITS),
    "OK: 1 dataset, newest backup at most 1h old | 'tank/a'=3600s;93600;180000",
  )
  t.equal(
    nagiosLine([good, unknown, old, none], LIMITS),
    "CRITICAL: tank/c d: no backup can be restored; tank/b: newest backup 1d 6h old; x: a / b; c | 'tank/a'=3600s;93600;180000 'x'=U;93600;180000 'tank/b'=108000s;93600;180000 'tank/c d'=U;93600;180000",
  )
  t.equal(worstState([good, unknown]), 'UNKNOWN')
  t.equal(worstState([good, unknown, old]), 'WARNING')
  t.equal(worstState([]), 'UNKNOWN')
  const many = Array.from({ length: 12 }, () => old)
  t.match(nagiosLine(many, LIMITS), /old; 2 more \| /)
  t.end()
})

const setup = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const io = testIo({ ...bucket.env, SNAPSHOT_PREFIX: '', MAX_RETRIES: '1', ...env })
    const code = await main(['status', ...args], io)
    return { code, out: io.out(), err: io.err() }
  }
  const put = (name: string, hours: number, parent?: string) =>
    bucket.fake.put(`z3-backup/${name}`, 'ten bytes.', {
      ...(parent === undefined ? { isfull: 'true' } : { parent }),
      created: String(Math.floor(Date.now() / 1000 - hours * HOUR)),
    })
  return { run, put, fake: bucket.fake }
}

void t.test('datasets in a bucket, without ZFS', async (t) => {
  const { run, put, fake } = await setup(t)
  const empty = await run(['--nagios', '--all'])
  t.same(empty, { code: 2, out: 'CRITICAL: nothing is backed up\n', err: '' })
  put('tank/a@1', 1)
  put('tank/b@1', 30)
  t.match(await run(['--nagios', 'tank/a']), {
    code: 0,
    out: /^OK: 1 dataset, newest backup at most 1h( \d+s)? old \| 'tank\/a'=360\ds;93600;180000\n$/,
    err: '',
  })
  t.match(await run(['--nagios', '--all']), {
    code: 1,
    out: /^WARNING: tank\/b: newest backup 1d 6h old \| 'tank\/a'=\S+ 'tank\/b'=10800\ds;93600;180000\n$/,
  })
  t.match(await run(['--nagios', '--all', '--warning', '31h']), { code: 0, out: /^OK: 2 datasets/ })
  t.match(await run(['--nagios', '--all', '--warning=1h', '--critical=2h']), { code: 2 })
  t.match(await run(['--nagios', 'tank/a', 'tank/c']), { code: 2, out: /^CRITICAL: tank\/c: no/ })
  t.match(await run(['--nagios', '--filesystem', 'tank/a']), { code: 0 })
  put('tank/a@3', 0, 'tank/a@2')
  t.match(await run(['--nagios', 'tank/a']), {
    code: 2,
    out: /^CRITICAL: tank\/a: 1 backup is not healthy \| 'tank\/a'=360\ds;/,
  })
  put('tank/f@1', -5)
  t.match(await run(['--nagios', 'tank/f']), { code: 3, out: /in the future \| 'tank\/f'=U;/ })
  fake.faults = () => ({ status: 403 })
  t.match(await run(['--nagios', 'tank/b']), { code: 3, out: /^UNKNOWN: tank\/b: / })
  t.match(await run(['--nagios', '--all']), { code: 3, out: /^UNKNOWN: [^|\n]*\n$/, err: /^z3: / })
})

void t.test('what is wrong with the call is UNKNOWN, too', async (t) => {
  const { run } = await setup(t)
  for (const [args, message] of [
    [['--nagios'], 'FILESYSTEM is not set'],
    [['--nagios', '--bogus'], 'unknown option --bogus'],
    [['--nagios', '--wide'], 'wide'],
    [['--nagios', '--json', 'tank'], 'json'],
    [['--nagios', '--all', 'tank'], 'exclude each other'],
    [['--nagios', 'tank', '--warning', '5'], "'5' is not a duration"],
    [['--nagios', 'tank', '--warning', '60h'], '--warning is more than --critical'],
    [['--nagios', 'tank@a'], 'tank@a'],
    [['--nagios', 'tank', '--config', '/nonexistent'], '/nonexistent'],
  ] as const) {
    const { code, out } = await run(args)
    t.equal(code, 3, args.join(' '))
    t.match(out, /^UNKNOWN: .*\n/)
    t.match(out, message)
  }
  for (const args of [
    ['--warning', '5h', 'tank'],
    ['tank', 'tank/b'],
  ]) {
    const { code, out } = await run(args)
    t.equal(code, 2, args.join(' '))
    t.equal(out, '')
  }
})
