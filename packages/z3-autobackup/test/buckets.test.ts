/** Buckets and pools side by side: one selection, one set of snapshots. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  fakeBucket,
  NO_SSH,
  runBinary,
  serverBucket,
  testServers,
  type TestBucket,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { holds, makeBackup, makeScene, names, sums, write, type Scene } from './setup.js'

interface Report {
  readonly status: string
  readonly failed: number
  readonly snapshots: readonly string[]
  readonly targets: readonly {
    readonly target: string
    readonly error?: { readonly code: string }
    readonly datasets: readonly {
      readonly received: readonly string[]
      readonly destroyed: readonly string[]
      readonly target?: string
    }[]
  }[]
}

void t.test('a bucket is a target', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'bkt', 'target', 'target')
  await t.test('s3, a directory and a pool in one run', (t) => sideBySide(t, scene))
  await t.test('of another host, over ssh', (t) => pulled(t, scene))
  await t.test('what is thinned, and what keeps the base', (t) => thinned(t, scene))
  await t.test('the bucket is thinned', (t) => thinnedBucket(t, scene))
})

/** Of a real server. */
const openBucket = (): Promise<TestBucket> => {
  const server = testServers().find(({ name }) => name === 'rgw')
  return server ? serverBucket(server) : fakeBucket()
}

const sideBySide = async (t: Test, scene: Scene): Promise<void> => {
  const { from, to } = scene
  const bucket = await openBucket()
  t.teardown(() => bucket.close())
  const home = mkdtempSync(join(tmpdir(), 'z3-bkt-'))
  t.teardown(() => {
    rmSync(home, { recursive: true })
  })
  const files = `file://${home}/files`
  mkdirSync(`${home}/files`)
  const env = { ...bucket.env, HOME: home }
  const { dataset, path, copy } = await makeBackup(scene, 'side', ['/child'])
  const child = `${dataset}/child`
  const s3 = `s3://${String(bucket.env['BUCKET'])}/%h/deep`
  const prefix = `${hostname()}/deep/`
  const run = (...more: readonly string[]) =>
    // of the pool: a dataset at the target was destroyed by hand
    scene.run(
      ['side', path, '--rollback', '--target', s3, '--target', files, '--json', ...more],
      'from',
      env,
    )

  const test = await run('--test')
  t.equal(test.code, 0, test.stderr)
  t.strictSame(await names(from, dataset), [], 'nothing is done')
  t.match(test.stderr, `${prefix}${dataset}@side-`)

  const first = await run()
  t.equal(first.code, 0, first.stderr)
  const [one = ''] = await names(from, dataset)
  const report = JSON.parse(String(first.stdout)) as Report
  t.strictSame(
    report.targets.map(({ target }) => target),
    [path, s3, files],
  )
  t.strictSame(
    report.targets[1]?.datasets.map(({ received }) => received),
    [[`${prefix}${dataset}@${one}`], [`${prefix}${child}@${one}`]],
  )
  t.strictSame(report.targets[2]?.datasets[0]?.received, [`z3-backup/${dataset}@${one}`])
  t.strictSame(await names(to, copy), [one])

  // the next is an increment, from the bookmark where the snapshot is gone
  const guid = (await from.must('zfs get -Hp -o value guid "$D"', { D: `${child}@${one}` })).trim()
  await from.must('zfs release zfs_autobackup:side "$D"; zfs destroy "$D"', {
    D: `${child}@${one}`,
  })
  await write(from, child, 'more')
  await to.must('zfs release zfs_autobackup:side "$D@$S"; zfs destroy -R "$D"', {
    ...{ D: `${copy}/child`, S: one },
  })
  const second = await run()
  t.equal(second.code, 0, second.stderr)
  const [two = ''] = await names(from, child)
  for (const key of [`${prefix}${child}@${two}`]) {
    t.match((await bucket.head(key)).metadata, {
      parent: `${child}@${one}`,
      'parent-guid': guid,
    })
  }

  // z3 works on them
  const z3 = (args: readonly string[]) => {
    const { bin } = from.host
    const PATH = `${bin}:${process.env['PATH'] ?? ''}`
    return runBinary('z3', args, { env: { ...env, PATH, SNAPSHOT_PREFIX: 'side-' } })
  }
  const status = await z3(['status', '--check', '--s3-prefix', '%h/deep', child])
  t.equal(status.code, 0, status.stderr)
  const verify = await z3(['verify', '--s3-prefix', prefix, child])
  t.equal(verify.code, 0, verify.stderr)
  for (const [index, place] of [
    ['--s3-prefix', '%h/deep'],
    ['--bucket', files],
  ].entries()) {
    const into = `${from.name}/back${String(index)}`
    const back = await z3(['restore', `${child}@${two}`, '--into', into, ...place])
    t.equal(back.code, 0, back.stderr)
    t.equal(await sums(from, into), await sums(from, child))
  }

  // one target is down: the others are done, and the status counts its datasets
  await write(from, dataset, 'third')
  rmSync(`${home}/files`, { recursive: true })
  const third = await run()
  t.equal(third.code, 2, third.stderr)
  const left = JSON.parse(String(third.stdout)) as Report
  t.strictSame(
    left.targets.map(({ error }) => error?.code),
    [undefined, undefined, 'no-such-bucket'],
  )
  const [, three = ''] = await names(from, dataset)
  t.strictSame(await names(to, copy), [one, three])
  t.match(await bucket.head(`${prefix}${dataset}@${three}`), {
    metadata: { parent: `${dataset}@${one}` },
  })
  const alone = await scene.run(['side', files], 'from', env)
  t.equal(alone.code, 255, 'nothing else was asked for')
}

const thinned = async (t: Test, scene: Scene): Promise<void> => {
  const { from } = scene
  const home = mkdtempSync(join(tmpdir(), 'z3-bkt-'))
  t.teardown(() => {
    rmSync(home, { recursive: true })
  })
  mkdirSync(`${home}/files`)
  const { dataset, path } = await makeBackup(scene, 'thin')
  const run = async (...more: readonly string[]) => {
    await write(from, dataset, 'file')
    const args = ['thin', `file://${home}/files`, '--keep-source', '0', ...more]
    const { code, stderr } = await scene.run(args, 'from', { HOME: home })
    t.equal(code, 0, stderr)
    return stderr
  }
  await run('--keep-common', 'none')
  const [base = ''] = await names(from, dataset)
  await run('--no-send')
  await run('--no-send')
  const waiting = await names(from, dataset)
  t.equal(waiting.length, 3, 'what was not sent stays, and what it is sent from')
  t.equal(waiting[0], base)
  await run('--keep-common', 'hold')
  const [held = '', ...others] = await names(from, dataset)
  t.strictSame(others, [], 'all was stored')
  t.match(await holds(from, dataset), [new RegExp(`^${held} z3_[0-9a-f]{8}$`)])
  await run()
  const [marked = ''] = await names(from, dataset)
  t.strictSame(await names(from, dataset), [marked])
  t.strictSame(await holds(from, dataset), [])
  await run()
  t.equal((await names(from, dataset)).length, 1, 'a bookmark is the base')

  // beside a pool: neither keeps what the other has
  for (let runs = 0; runs < 3; runs++) await run(path, '--keep-target', '0')
  const [newest = ''] = await names(from, dataset)
  t.strictSame(await names(from, dataset), [newest])
  t.strictSame(await holds(from, dataset), [`${newest} zfs_autobackup:thin`])
  // a bucket that is away: all stays for it
  rmSync(`${home}/files`, { recursive: true })
  await write(from, dataset, 'file')
  const args = ['thin', path, `file://${home}/files`, '--keep-source', '0']
  t.equal((await scene.run(args, 'from', { HOME: home })).code, 1)
  t.equal((await names(from, dataset)).length, 2)
}

const thinnedBucket = async (t: Test, scene: Scene): Promise<void> => {
  const { from } = scene
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const home = mkdtempSync(join(tmpdir(), 'z3-bkt-'))
  t.teardown(() => {
    rmSync(home, { recursive: true })
  })
  // the lock of a run is this machine's, and all fake buckets have one name
  const name = `prune${String(process.pid)}`
  const { dataset } = await makeBackup(scene, name)
  const start = `z3-backup/${dataset}@`
  const stored = (): readonly string[] =>
    [...fake.objects.keys()].filter((key) => key.startsWith(start)).sort()
  const run = async (args: readonly string[] = [], more: Readonly<Record<string, string>> = {}) => {
    await write(from, dataset, 'file')
    const { code, stdout, stderr } = await scene.run(
      [name, `s3://${String(bucket.env['BUCKET'])}`, '--keep-source', '0', '--json', ...args],
      'from',
      { ...bucket.env, HOME: home, MAX_RETRIES: '1', ...more },
    )
    const { targets } = JSON.parse(String(stdout)) as Report
    const [report] = targets[0]?.datasets ?? []
    return { code, stderr, received: report?.received ?? [], destroyed: report?.destroyed ?? [] }
  }
  const keep = ['--keep-target', '2']
  const keys: string[] = []
  for (let runs = 0; runs < 3; runs++) {
    const { code, stderr, received, destroyed } = await run(keep)
    t.equal(code, 0, stderr)
    t.strictSame(
      destroyed.filter((name) => name.startsWith(start)),
      [],
    )
    keys.push(...received)
  }
  const [full = '', second = '', third = ''] = keys
  t.strictSame(stored(), keys, 'the full one is kept: the last two build on it')
  for (const key of [second, third]) {
    t.equal(`z3-backup/${String(fake.objects.get(key)?.metadata['parent'])}`, full)
  }

  const test = await run([...keep, '--test'])
  t.equal(test.code, 0, test.stderr)
  t.strictSame(stored(), keys)
  // what another program stores is not of this backup
  fake.put(`${start}other`, 'x', { isfull: 'true', created: '1', guid: '1' })
  const off = await run(['--no-thinning'])
  t.equal(off.code, 0, off.stderr)
  t.equal(stored().length, 5)
  const show = await run([...keep, '--no-snapshot', '--test'])
  t.match(show.stderr, `[Target] ${second}: Destroying`)
  t.equal(stored().length, 5)

  // an append-only host
  fake.faults = ({ op }) =>
    op === 'DeleteObject' ? { status: 403, code: 'AccessDenied' } : undefined
  const denied = await run(keep)
  t.equal(denied.code, 1)
  t.match(denied.stderr, /not thinned: .*access denied/)
  t.match(denied.stderr, '--no-thinning')
  t.equal(denied.received.length, 1, 'the backup counts')
  t.strictSame(await names(from, dataset), [denied.received[0]?.split('@')[1]], 'so does thinning')
  t.equal(stored().length, 6)
  fake.faults = undefined
  // its lease, which it may not delete either, counts as long as this process lives
  for (const key of fake.objects.keys()) if (key.includes('.z3/prune/')) fake.objects.delete(key)

  // what early deletion would cost for; without a lease, which is an object
  const { storageClass } = fake.objects.get(second) ?? {}
  const setClass = (to: string | undefined): void => {
    const object = fake.objects.get(second)
    if (object) fake.objects.set(second, { ...object, storageClass: to })
  }
  setClass('STANDARD_IA')
  let leases = 0
  fake.faults = ({ key }) => {
    if (key.includes('.z3/prune/')) leases += 1
    return undefined
  }
  const keepOne = ['--no-snapshot', '--keep-target', '1']
  const waits = await run([...keepOne, '--respect-minimum', '--unlocked'])
  t.equal(waits.code, 0, waits.stderr)
  t.ok(fake.objects.has(second))
  t.equal(leases, 0)
  await run([...keepOne, '--respect-minimum'])
  t.ok(leases > 0)
  fake.faults = undefined
  setClass(storageClass)

  // RETENTION is the default of a bucket
  const more = await run(['--no-snapshot'], { Z3_RETENTION: '1' })
  t.equal(more.code, 0, more.stderr)
  t.strictSame(more.destroyed.includes(second), true)
  t.strictSame(
    stored().filter((key) => !key.endsWith('@other')),
    [full, ...denied.received],
  )

  // a snapshot of the future: the clock of this host may be wrong
  fake.put(`${start}${name}-29990101000000`, 'x', {
    isfull: 'true',
    created: '32472144000',
    guid: '2',
  })
  await run(['--no-thinning'])
  const future = await run(['--keep-target', '1'])
  t.equal(future.code, 1, future.stderr)
  t.match(future.stderr, /not thinned: .*taken in the future/)
  t.strictSame(
    future.destroyed.filter((key) => key.startsWith(start)),
    [],
  )
}

const pulled = async (t: Test, scene: Scene): Promise<void> => {
  const { from } = scene
  const home = mkdtempSync(join(tmpdir(), 'z3-bkt-'))
  t.teardown(() => {
    rmSync(home, { recursive: true })
  })
  mkdirSync(`${home}/files`)
  const { dataset } = await makeBackup(scene, 'pull')
  const run = async () => {
    await write(from, dataset, 'file')
    const args = ['--ssh-source', scene.fromHost, 'pull', `file://${home}/files`]
    const { code, stderr } = await scene.run(args, 'to', { HOME: home })
    t.equal(code, 0, stderr)
  }
  await run()
  const [first = ''] = await names(from, dataset)
  await from.must('zfs destroy "$D@$S"', { D: dataset, S: first })
  await run()
  const [second = ''] = await names(from, dataset)
  const verify = await runBinary('z3', ['verify', `${dataset}@${second}`], {
    env: { HOME: home, BUCKET: `file://${home}/files` },
  })
  t.equal(verify.code, 0, verify.stderr)
  t.match(String(verify.stdout), first, 'it is an increment')
}
