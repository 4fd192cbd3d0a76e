import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import {
  NO_SERVER,
  NO_ZFS,
  runOnTerminal,
  serverBucket,
  testPool,
  testServers,
  type TestPool,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { cronFile, timerOf } from '../../src/init/schedule.js'
import { z3On } from '../setup.js'

void t.test('names of timers', (t) => {
  for (const [dataset, timer] of [
    ['tank/data', 'z3-backup@tank-data.timer'],
    ['tank/my-data', 'z3-backup@tank-my\\x2ddata.timer'],
    ['tank/a.b_c:d', 'z3-backup@tank-a.b_c:d.timer'],
    ['tank/a b', 'z3-backup@tank-a\\x20b.timer'],
  ] as const) {
    t.equal(timerOf(dataset), timer, dataset)
  }
  t.end()
})

void t.test('the crontab', (t) => {
  const line = (datasets: readonly string[], select?: string, flag: readonly string[] = []) =>
    cronFile({ datasets, select, time: { hour: 2, minute: 15 } }, flag, 'root').split('\n')[1]
  t.equal(line(['tank/data']), '15 2 * * *  root  z3 backup --quiet tank/data')
  t.equal(line(['tank/a b', 'c']), "15 2 * * *  root  z3 backup --quiet 'tank/a b' c")
  t.equal(line(['a'], 'x:y'), '15 2 * * *  root  z3 backup --quiet --select x:y')
  t.equal(
    line(['a'], undefined, ['--config', '/a%b']),
    '15 2 * * *  root  z3 backup --quiet --config /a\\%b a',
  )
  t.end()
})

void t.test('without a terminal', async (t) => {
  const dir = t.testdir({ 'keys.conf': '[main]\nS3_KEY_ID = a\n', exists: 'x' })
  const z3 = z3On({ env: {} }, dir)
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], 'for: --bucket, --credentials, DATASET (or --select), --snapshot-prefix'],
    [['--bucket', 'file:///mnt', 'tank'], 'for: --snapshot-prefix'],
    [
      ['--bucket', 'bucket', '--credentials', 'file', '--snapshot-prefix', 'a', 'tank'],
      'for: --keys (or S3_KEY_ID and S3_SECRET in the environment)',
    ],
    [
      ['--bucket', 'bucket', '--credentials', 'environment', '--snapshot-prefix', 'a', 'tank'],
      'for: S3_KEY_ID and S3_SECRET in the environment',
    ],
    [['--bucket', 'A_'], "--bucket: 'A_'"],
    [['--select', 'a:b', 'tank'], 'exclude each other'],
    [['--select', 'a:b', '--schedule', 'systemd'], '--schedule systemd needs datasets'],
    [['--credentials', 'profile', '--keys', 'x'], '--keys has no meaning'],
    [
      ['--credentials', 'file', '--keys', `${dir}/keys.conf`],
      'S3_KEY_ID is set, but not S3_SECRET',
    ],
    [['--credentials', 'file', '--keys', `${dir}/none`], 'cannot read'],
    [['--schedule', 'weekly'], 'weekly'],
    [['--schedule', 'cron', '--at', '24:00'], "'24:00' is not a time of day"],
    [['--at', '03:30'], '--at needs a schedule'],
    [['--compressor', 'zip'], 'zip'],
    [['--s3-secret', 'x'], 'unknown option'],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await z3(['init', '--config', `${dir}/new`, ...args])
    t.strictSame([code, String(stdout)], [2, ''], `${args.join(' ')}: ${stderr}`)
    t.match(stderr, message)
    t.notOk(existsSync(`${dir}/new`))
  }
  const all = ['--bucket', `file://${dir}`, '--snapshot-prefix', 'a', 'tank/data']
  const there = await z3(['init', '--config', `${dir}/exists`, ...all])
  t.equal(there.code, 2)
  t.match(there.stderr, /exists exists\nhint: Nothing was written. Add --force/)
  t.equal(readFileSync(`${dir}/exists`, 'utf8'), 'x')
  const timer = await z3(['init', '--config', `${dir}/new`, '--schedule', 'systemd', ...all])
  t.match(timer.stderr, 'the timers do not read')
})

/** A dataset with two snapshots. */
const makeDataset = async (pool: TestPool, name: string): Promise<string> => {
  await pool.must(
    `zfs create "$POOL/${name}"
     zfs snapshot "$POOL/${name}@autosnap_2026-11-30"
     zfs snapshot "$POOL/${name}@monday"`,
  )
  return `${pool.name}/${name}`
}

const onDirectory = async (t: Test, pool: TestPool): Promise<void> => {
  const dataset = await makeDataset(pool, 'data')
  const dir = t.testdir({ store: {} })
  const file = `${dir}/etc/z3.conf`
  const z3 = z3On({ env: { COMPRESSOR: 'none' } }, dir)
  const init = (...more: readonly string[]) =>
    z3(['init', '--config', file, '--bucket', `file://${dir}/store`, ...more])

  for (const [args, code, message] of [
    [['--snapshot-prefix', 'autosnap_', `${dataset}/none`], 4, 'does not exist'],
    [['--snapshot-prefix', 'daily', dataset], 4, 'Existing prefixes: autosnap_ 1, monday 1'],
    [['--snapshot-prefix', '', '--select', 'z3test:none'], 4, 'no dataset has the property'],
    [['--snapshot-prefix', '', '--retention', 'x', dataset], 2, '--retention'],
  ] as const) {
    const result = await init(...args)
    t.equal(result.code, code, result.stderr)
    t.match(result.stderr, message)
  }
  const lost = await z3([
    ...['init', '--config', file, '--bucket', `file://${dir}/lost`],
    ...['--snapshot-prefix', 'autosnap_', dataset],
  ])
  t.equal(lost.code, 1)
  t.match(lost.stderr, /the store cannot be used.*\n.*Nothing was written/)
  t.notOk(existsSync(`${dir}/etc`), 'nothing was written')

  const done = await init('--snapshot-prefix', 'autosnap_', '--schedule', 'cron', dataset)
  t.equal(done.code, 0, done.stderr)
  t.equal(
    String(done.stdout),
    `wrote ${file} (mode 0600)
put these lines into /etc/cron.d/z3:
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
15 2 * * *  root  z3 backup --quiet --config ${file} ${dataset}
next: z3 backup --config ${file} ${dataset}
`,
  )
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.strictSame(readdirSync(`${dir}/store`), [], 'the scratch object is gone')
  t.equal(
    readFileSync(file, 'utf8').split('[main]\n')[1],
    `BUCKET = file://${dir}/store\nFILESYSTEM = ${dataset}\nSNAPSHOT_PREFIX = autosnap_\n`,
  )

  const again = await init('--snapshot-prefix', 'monday', dataset)
  t.equal(again.code, 2)
  t.match(readFileSync(file, 'utf8'), 'autosnap_')
  const forced = await init('--snapshot-prefix', 'monday', '--retention', '10', '--force', dataset)
  t.equal(forced.code, 0, forced.stderr)
  const [, old = ''] = /kept the old file as (.*)/.exec(String(forced.stdout)) ?? []
  t.match(readFileSync(old, 'utf8'), 'SNAPSHOT_PREFIX = autosnap_')
  t.match(readFileSync(file, 'utf8'), /SNAPSHOT_PREFIX = monday\nRETENTION = 10\n/)
  t.strictSame(readdirSync(`${dir}/etc`).length, 2, 'no temporary file')

  const backup = await runOnTerminal(`z3 backup --config '${file}'`, [], {
    HOME: dir,
    COMPRESSOR: 'none',
  })
  t.equal(backup.code, 0, backup.screen)
  t.match(backup.screen, `backed up ${dataset}@monday`)

  await t.test('Ctrl-C and the end of the input', async (t) => {
    for (const [key, status] of [
      ['\u0003', 130],
      ['\u0004', 2],
    ] as const) {
      const { code, screen } = await runOnTerminal(
        `z3 init --config '${dir}/other'`,
        [['or a property', key]],
        { HOME: dir },
      )
      t.equal(code, status, screen)
      t.notOk(existsSync(`${dir}/other`))
      t.notMatch(screen, /internal error|^ +at /m)
    }
  })
}

const onServer = async (t: Test, pool: TestPool): Promise<void> => {
  const [server] = testServers()
  if (!server) return
  const dataset = await makeDataset(pool, 'dialog')
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const dir = t.testdir({})
  mkdirSync(`${dir}/home`)
  const file = `${dir}/z3.conf`
  const { code, screen } = await runOnTerminal(
    `z3 init --config '${file}'`,
    [
      ['or a property', `${dataset}/none`],
      ['or a property', dataset],
      ['Number', '9'],
      ['Number', '2'],
      ['Bucket (', 'A_'],
      ['Bucket (', bucket.bucket],
      ['URL of the S3 server', server.endpoint],
      ['Prefix of the object keys', 'hosts/%h'],
      ['Number', 'file'],
      ['Access key ID', server.keyId],
      ['Secret access key', 'wrong-secret'],
      ['try again?', 'yes'],
      ['Bucket (', ''],
      ['URL of the S3 server', ''],
      ['Prefix of the object keys', ''],
      ['Number', '1'],
      ['Access key ID', server.keyId],
      ['Secret access key', server.secret],
      ['Backups to keep', '10,1d1w'],
      ['Number', 'zstd'],
      ['Number', 'cron'],
      ['Time of day', '3 am'],
      ['Time of day', '3:30'],
    ],
    { HOME: `${dir}/home` },
  )
  t.equal(code, 0, screen)
  t.notMatch(screen, server.secret, 'the secret is not shown')
  t.notMatch(screen, 'wrong-secret')
  t.match(screen, 'problem  credentials')
  t.match(screen, `next: z3 backup --config ${file} ${dataset}`)
  const text = readFileSync(file, 'utf8')
  t.match(text, `S3_SECRET = ${server.secret}\n`)
  t.match(text, `S3_PREFIX = hosts/${hostname()}/\n`)
  t.match(text, 'SNAPSHOT_PREFIX = monday\nRETENTION = 10,1d1w\nCOMPRESSOR = zstd\n')
  t.match(screen, /^30 3 \* \* \* /m)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.strictSame(await bucket.keys(), [])

  await t.test('from flags, the keys in the environment', async (t) => {
    const z3 = z3On({ env: {} }, dir)
    const flags = ['--bucket', bucket.bucket, '--endpoint', server.endpoint]
    const run = (place: string, to: string, secret = server.secret) =>
      z3(
        [
          'init',
          '--config',
          to,
          ...flags,
          '--credentials',
          place,
          '--snapshot-prefix',
          '',
          dataset,
        ],
        {
          S3_KEY_ID: server.keyId,
          S3_SECRET: secret,
        },
      )
    const wrong = await run('file', `${dir}/wrong`, 'wrong-secret')
    t.equal(wrong.code, 1)
    t.notMatch(wrong.stderr, 'wrong-secret')
    t.notOk(existsSync(`${dir}/wrong`))
    const kept = await run('environment', `${dir}/env`)
    t.equal(kept.code, 0, kept.stderr)
    t.notMatch(readFileSync(`${dir}/env`, 'utf8'), 'S3_SECRET')
    const written = await run('file', `${dir}/file`)
    t.equal(written.code, 0, written.stderr)
    const backup = await z3(['backup', '--config', `${dir}/file`, '--snapshot-prefix', ''])
    t.equal(backup.code, 0, backup.stderr)
    t.equal((await bucket.keys()).length, 2)
  })
}

void t.test('real ZFS', { skip: NO_ZFS }, async (t) => {
  const pool = await testPool('z3init')
  t.teardown(() => pool.close())
  await t.test('a directory', (t) => onDirectory(t, pool))
  await t.test('a server', { skip: testServers().length === 0 && NO_SERVER }, (t) =>
    onServer(t, pool),
  )
})
