import type { LifecycleRule } from '@z3/s3'
import t from 'tap'
import { exitStatusOf, type Finding } from '../../src/doctor/finding.js'
import { permissionFindings } from '../../src/doctor/host/check-permissions.js'
import { checkPrograms } from '../../src/doctor/host/check-programs.js'
import { versionFinding } from '../../src/doctor/host/check-zfs.js'
import { countFindings, renderFindings } from '../../src/doctor/render.js'
import { lockFinding, versioningFinding } from '../../src/doctor/store/check-bucket.js'
import { judgeLifecycle, type Stored } from '../../src/doctor/store/check-lifecycle.js'
import { checkTransport, clockFinding } from '../../src/doctor/store/check-server.js'

/** `warning text`, without the check. */
const short = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ state, text }) => `${state} ${text}`)

const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  ...{ id: 'r', prefix: '', tags: [], expires: undefined, moves: [] },
  ...{ noncurrentDays: undefined, abortDays: undefined },
  ...more,
})

void t.test('lifecycle rules', (t) => {
  const stored: Stored = { prefix: 'z3-backup/', tags: [], versioning: 'off', isPruned: false }
  const fine = 'ok no rule deletes or archives backups'
  const none =
    "warning no rule aborts incomplete uploads under 'z3-backup/', which are billed and not listed"
  const seven = 'ok incomplete uploads are aborted after 7 days'
  const deletes = (prefix: string) =>
    `problem rule 'r' (prefix '${prefix}') deletes backups after 30 days, also those that others build on`
  const expires = 'after 30 days'
  const tags = [['kind', 'tmp']] as const
  const glacier = [{ storageClass: 'GLACIER', when: 'after 7 days' }]
  const cases: readonly (readonly [
    readonly Partial<LifecycleRule>[],
    Partial<Stored>,
    readonly string[],
  ])[] = [
    [[], {}, [fine, none]],
    [[{ abortDays: 7 }], {}, [fine, seven]],
    [[{ abortDays: 7, prefix: 'z3' }, { abortDays: 9 }], {}, [fine, seven]],
    // other objects, or some of ours only
    [[{ abortDays: 7, prefix: 'logs/' }], {}, [fine, none]],
    [[{ abortDays: 7, prefix: 'z3-backup/tank' }], {}, [fine, none]],
    [[{ abortDays: 7, tags }], { tags }, [fine, none]],
    [
      [{ abortDays: 1 }],
      {},
      [fine, 'warning uploads are aborted 1 day after their start, also those that still run'],
    ],
    [[{ expires }], {}, [deletes(''), none]],
    [[{ expires, prefix: 'z3-backup/tank/' }], {}, [deletes('z3-backup/tank/'), none]],
    [[{ expires, prefix: 'z3-backup2/' }], {}, [fine, none]],
    [[{ expires, tags }], {}, [fine, none]],
    [[{ expires, tags }], { tags }, [deletes(''), none]],
    [
      [{ moves: glacier, abortDays: 7 }],
      {},
      [
        "warning rule 'r' (prefix '') moves backups to GLACIER after 7 days: a restore must thaw them first",
        seven,
      ],
    ],
    [[{ moves: [{ storageClass: 'GLACIER_IR', when: 'after 7 days' }] }], {}, [fine, none]],
    [
      [{ abortDays: 7 }],
      { versioning: 'enabled', isPruned: true },
      [
        fine,
        seven,
        'warning the bucket has versioning, and no rule deletes old versions: pruned backups stay, and are billed',
      ],
    ],
    [
      [{ abortDays: 7, noncurrentDays: 30 }],
      { versioning: 'enabled', isPruned: true },
      [fine, seven, 'ok deleted backups are kept for 30 days as old versions'],
    ],
    [[{ abortDays: 7 }], { versioning: 'enabled' }, [fine, seven]],
  ]
  for (const [rules, more, expected] of cases) {
    const found = judgeLifecycle(rules.map(rule), { ...stored, ...more })
    t.strictSame(short(found), expected, JSON.stringify([rules, more]))
    t.ok(found.every(({ state, fix }) => (state === 'ok') === (fix === undefined)))
  }
  t.end()
})

void t.test('the exit status', (t) => {
  const of = (...states: Finding['state'][]) =>
    exitStatusOf(states.map((state) => ({ check: 'a', state, text: 'b' })))
  t.equal(of(), 0)
  t.equal(of('ok', 'warning', 'skipped'), 0)
  t.equal(of('ok', 'unknown', 'warning'), 1)
  t.equal(of('unknown', 'problem', 'ok'), 3)
  t.end()
})

void t.test('what is printed', (t) => {
  const findings: readonly Finding[] = [
    { check: 'zfs', state: 'ok', text: 'OpenZFS 2.3.0' },
    { check: 'a', state: 'warning', text: 'b\n  c\u001b[1m', fix: 'Run d.' },
    { check: 'e', state: 'warning', text: 'f', fix: 'Run g.' },
    { check: 'h', state: 'unknown', text: 'i' },
  ]
  t.equal(
    renderFindings(findings),
    `ok       zfs: OpenZFS 2.3.0
warning  a: b; c\\x1b[1m
         fix: Run d.
warning  e: f
         fix: Run g.
unknown  h: i
`,
  )
  t.equal(countFindings(findings), '1 ok, 2 warnings, 1 unknown')
  t.end()
})

void t.test('permissions', (t) => {
  const of = (granted: string, keep: 'bookmark' | 'hold' | 'none') =>
    permissionFindings('tank/a', 'bob', new Set(granted.split(',')), keep).map(
      ({ state, text, fix = '' }) => `${state} ${text} | ${fix}`,
    )
  const may = 'ok bob may back up tank/a | '
  t.strictSame(of('send,bookmark,destroy', 'bookmark'), [may])
  t.strictSame(of('send', 'none'), [may])
  t.strictSame(of('hold', 'hold'), [
    "problem bob may not send, release tank/a | Run as root: zfs allow -u bob send,release 'tank/a'",
  ])
  t.strictSame(of('send', 'bookmark'), [
    may,
    "warning bob may not bookmark, destroy tank/a: bookmarks of uploaded snapshots are not created or not removed | Run as root: zfs allow -u bob bookmark,destroy 'tank/a' (or set KEEP_COMMON = none).",
  ])
  t.end()
})

void t.test('programs', (t) => {
  const installed = ['/usr/bin/pigz', '/opt/z/bin/z3', '/opt/age/bin/age', '/usr/sbin/zfs']
  const find = (name: string, { PATH = '' }: NodeJS.ProcessEnv) =>
    PATH.split(':')
      .map((dir) => `${dir}/${name}`)
      .find((file) => installed.includes(file))
  const of = (filters: readonly string[], PATH: string) =>
    checkPrograms({ filters, beside: ['pput'], searched: [] }, { PATH }, find).map(
      ({ state, text, fix = '' }) => `${state} ${text} | ${fix}`,
    )
  t.strictSame(of(['pigz', 'age'], '/usr/bin:/opt/z/bin:/opt/age/bin'), [
    'ok found pput, pigz, age | ',
    "warning cron's PATH (/usr/bin:/bin) lacks z3, age | Begin the crontab with this line: PATH=/opt/z/bin:/opt/age/bin:/usr/bin:/bin",
  ])
  t.strictSame(of(['zstd'], '/usr/bin'), [
    "problem 'zstd' is not in PATH | Install zstd, or correct PATH.",
    'ok found pput | ',
    'ok PATH=/usr/bin:/bin is enough | ',
  ])
  t.end()
})

void t.test('versions of zfs', (t) => {
  for (const [text, state, says] of [
    ['zfs-2.3.0-1\nzfs-kmod-2.3.0-1\n', 'ok', 'OpenZFS 2.3.0-1'],
    ['zfs-2.3.0-1\nzfs-kmod-2.3.2-1\n', 'ok', 'OpenZFS 2.3.0-1'],
    ['zfs-2.3.0-1\nzfs-kmod-2.1.9-1\n', 'warning', 'the kernel module is 2.1.9-1'],
    [undefined, 'warning', 'does not report a version'],
    ['something', 'warning', 'does not report a version'],
  ] as const) {
    const found = versionFinding(text)
    t.equal(found.state, state, String(text))
    t.match(found.text, says)
  }
  t.end()
})

void t.test('single settings', (t) => {
  const lock = (has: boolean | undefined, S3_LOCK: string, S3_LEGAL_HOLD: 'yes' | 'no') =>
    lockFinding(has, { S3_LOCK, S3_LEGAL_HOLD } as Parameters<typeof lockFinding>[1]).state
  t.equal(lock(true, 'none', 'no'), 'ok')
  t.equal(lock(false, 'none', 'no'), 'ok')
  t.equal(lock(false, 'governance:1d', 'no'), 'problem')
  t.equal(lock(false, 'none', 'yes'), 'problem')
  t.equal(lock(undefined, 'none', 'no'), 'unknown')
  t.equal(versioningFinding(undefined).state, 'unknown')
  t.equal(versioningFinding('suspended').state, 'ok')
  for (const [seconds, state] of [
    [0, 'ok'],
    [-59, 'ok'],
    [61, 'warning'],
    [-901, 'problem'],
  ] as const) {
    t.equal(clockFinding(seconds).state, state, String(seconds))
  }
  t.match(clockFinding(100).text, 'this host is 100 s behind the server')
  for (const [endpoint, count] of [
    [undefined, 0],
    ['https://s3.example.com', 0],
    ['http://127.0.0.1:80', 0],
    ['http://10.0.0.1', 1],
  ] as const) {
    t.equal(checkTransport(endpoint).length, count, String(endpoint))
  }
  t.end()
})
