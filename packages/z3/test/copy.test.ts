/** Chains from one store to another. */
import { writeFileSync } from 'node:fs'
import { openContext } from '@z3/backup'
import { Interrupted } from '@z3/cli'
import { MIB } from '@z3/core'
import {
  fakeBucket,
  NO_SERVER,
  pattern,
  runBinary,
  serverBucket,
  testIo,
  testServers,
  until,
  type FakeS3Options,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { openStore } from '@z3/s3'
import { copyDataset } from '../src/copy/copy-dataset.js'
import { main } from '../src/main.js'

const PREFIX = 'z3-backup/'

type Env = Readonly<Record<string, string>>

const run = async (env: Env, ...args: readonly string[]) => {
  const io = testIo({ ...env, MAX_RETRIES: '1', AWS_EC2_METADATA_DISABLED: 'true' })
  const code = await main(args, io)
  return { code, stdout: io.out(), stderr: io.err() }
}

const open = async (t: Test, options?: FakeS3Options) => {
  const bucket = await fakeBucket(options)
  t.teardown(() => bucket.close())
  const home = t.testdir({ home: {}, disk: {}, other: {} })
  const { fake } = bucket
  const put = (name: string, metadata: Env, size = 100): void => {
    fake.put(`${PREFIX}${name}`, pattern(size), metadata)
  }
  put('tank/a@1', { isfull: 'true', guid: '1', created: '1700000000', note: 'kept' }, 6 * MIB + 5)
  put('tank/a@2', { parent: 'tank/a@1', guid: '2', 'parent-guid': '1' })
  put('tank/a@3', { parent: 'tank/a@2', guid: '3', 'parent-guid': '2' })
  // as the original z3 writes them
  put('tank/b@old', { isfull: 'true', size: '1000', compressor: 'pigz1' })
  const env = { ...bucket.env, HOME: `${home}/home`, SNAPSHOT_PREFIX: '' }
  return {
    ...{ bucket, fake, put, env, disk: `${home}/disk`, home },
    copy: (...args: readonly string[]) => run(env, 'copy', 's3://bucket', ...args),
    disked: { ...env, BUCKET: `file://${home}/disk` },
  }
}

void t.test('to a directory and back', async (t) => {
  const { fake, copy, disk, disked, env } = await open(t)
  const dry = await copy(`file://${disk}`, '--dry-run')
  t.equal(dry.code, 0, dry.stderr)
  t.match(dry.stdout, 'tank/a@1: would copy (6.00M)\n')
  t.equal((await run(disked, 'list')).code, 4, 'a dry run copies nothing')

  const first = await copy(`file://${disk}`)
  t.equal(first.code, 0, first.stderr)
  t.equal(
    first.stdout.replace(/ \([^)]*\)/g, ''),
    'tank/a@1: copied\ntank/a@2: copied\ntank/a@3: copied\ntank/b@old: copied\n',
    'parents first',
  )
  t.equal(first.stderr, 'z3: 4 objects copied, 6.00M; 0 already there; 0 not copied\n')
  const again = await copy(`file://${disk}`)
  t.match(again, { code: 0, stdout: '' })
  t.match(again.stderr, 'z3: 0 objects copied, 0B; 4 already there; 0 not copied\n')

  const stored = new Map(fake.objects)
  const back = await run(env, 'copy', `file://${disk}`, 's3://bucket/back', '--json', 'tank/a')
  t.equal(back.code, 0, back.stderr)
  t.match(JSON.parse(back.stdout), {
    status: 'success',
    datasets: [
      {
        dataset: 'tank/a',
        objects: [
          { name: 'tank/a@1', bytes: 6 * MIB + 5, result: 'copied', way: 'streamed' },
          { name: 'tank/a@2' },
          { name: 'tank/a@3' },
        ],
      },
    ],
  })
  for (const name of ['tank/a@1', 'tank/a@2', 'tank/a@3']) {
    const [one, other] = [stored.get(`${PREFIX}${name}`), fake.objects.get(`back/${name}`)]
    t.ok(one && other?.body.equals(one.body), `${name}: every byte`)
    t.match(other?.metadata, one?.metadata, `${name}: all metadata`)
  }
  t.notOk(fake.objects.has('back/tank/b@old'))
  t.equal(fake.uploads.size, 0)
})

void t.test('the server copies', async (t) => {
  const { fake, copy } = await open(t)
  const { code, stdout, stderr } = await copy('s3://bucket/there')
  t.equal(code, 0, stderr)
  t.match(stdout, 'tank/a@1: copied (6.00M), by the server\n')
  t.notOk(fake.requests.some(({ op, key }) => op === 'GetObject' && key.startsWith(PREFIX)))
  for (const [key, { body, metadata }] of [...fake.objects]) {
    if (!key.startsWith(PREFIX)) continue
    const copied = fake.objects.get(key.replace(PREFIX, 'there/'))
    t.ok(copied?.body.equals(body), `${key}: every byte`)
    t.match(copied?.metadata, metadata)
  }

  fake.faults = ({ op, headers }) =>
    op === 'UploadPart' && headers['x-amz-copy-source'] !== undefined
      ? { status: 501, code: 'NotImplemented' }
      : undefined
  const streamed = await copy('s3://bucket/again')
  t.equal(streamed.code, 0, streamed.stderr)
  t.match(streamed.stderr, "z3: the server cannot copy 'z3-backup/tank/a@1': ")
  t.ok(fake.objects.get('again/tank/a@1')?.body.equals(pattern(6 * MIB + 5)))
  t.equal(fake.uploads.size, 0)
})

void t.test('the server copies a large object', async (t) => {
  const { bucket, fake, copy } = await open(t)
  const data = pattern(13 * MIB)
  const args = ['-q', '--meta', 'isfull=true', '--max-object', '6M', `${PREFIX}tank/l@1`]
  const put = await runBinary('pput', args, { env: bucket.env, stdin: data })
  t.equal(put.code, 0, put.stderr)
  for (const [to, options] of [
    ['same', ['--max-object', '6M']],
    ['other', []],
  ] as const) {
    const { code, stdout, stderr } = await copy(`s3://bucket/${to}`, 'tank/l', ...options)
    t.equal(code, 0, stderr)
    t.equal(stdout.includes(', by the server'), to === 'same', stdout)
    const parts = ['', '.z3+001', '.z3+002'].map(
      (end) => fake.objects.get(`${to}/tank/l@1${end}`)?.body ?? Buffer.alloc(0),
    )
    t.ok(Buffer.concat(parts).equals(data), `${to}: every byte`)
    t.equal(parts[2]?.length, to === 'same' ? MIB : 0)
  }
  t.equal(fake.uploads.size, 0)
})

void t.test('what is not copied, and what builds on it', async (t) => {
  const { fake, put, copy } = await open(t)
  put('tank/c@1', { isfull: 'true', guid: '5' })
  put('tank/c@2', { parent: 'tank/c@gone' })
  put('tank/d@1', { isfull: 'true', guid: '7' })
  // another object of the same name
  fake.put('there/tank/a@2', pattern(100), { parent: 'tank/a@1', guid: '22' })
  const { code, stdout, stderr } = await copy('s3://bucket/there')
  t.equal(code, 3, stderr)
  t.match(
    stderr,
    'z3: tank/a@2: not copied: the destination has another object of that name: guid, parent-guid differ\n',
  )
  t.match(stderr, 'z3: tank/a@3: not copied: its parent tank/a@2 is not copied\n')
  t.match(stderr, 'z3: tank/c@2: not copied: it is not healthy: missing parent\n')
  t.match(stderr, 'z3: tank/a: 2 of 3 objects were not copied\n')
  t.match(stderr, 'z3: 4 objects copied, 6.00M; 0 already there; 3 not copied\n')
  t.match(stderr, 'z3: 2 of 4 datasets copied; failed: tank/a, tank/c\n')
  t.match(stdout, /^tank\/a@1: copied[^]*tank\/c@1: copied[^]*tank\/d@1: copied/m)
  t.equal(fake.objects.get('there/tank/a@2')?.metadata['guid'], '22', 'never replaced')
  t.notOk(fake.objects.has('there/tank/a@3'))
})

void t.test('an object that is pruned meanwhile, or whose data is damaged', async (t) => {
  const { fake, copy, disk, disked } = await open(t)
  let isOver = false
  fake.faults = ({ op, key }) => {
    if (op === 'GetObject' && key === `${PREFIX}tank/a@2` && !isOver) {
      isOver = true
      fake.objects.delete(key)
    }
    return undefined
  }
  const pruned = await copy(`file://${disk}`, 'tank/a')
  t.equal(pruned.code, 3, pruned.stderr)
  t.match(pruned.stderr, "z3: tank/a@2: not copied: 'tank/a@2' was deleted while it was copied\n")
  t.match(JSON.parse((await run(disked, 'list', '--json')).stdout), {
    datasets: [{ snapshots: 1, not_healthy: 0 }],
  })
})

void t.test('with the manifest', async (t) => {
  const { fake, env, copy, disked, disk, bucket, home } = await open(t)
  const key = `${PREFIX}tank/m@1`
  const data = pattern(11 * MIB)
  const put = await runBinary('pput', ['--json', '--digest', '--meta', 'isfull=true', key], {
    env: bucket.env,
    stdin: data,
  })
  t.equal(put.code, 0, put.stderr)
  const printed = JSON.parse(String(put.stdout)) as Record<string, unknown>
  const hex = (value: unknown): string => Number(value).toString(16).padStart(8, '0')
  const manifest = {
    ...{ version: 1, key, bytes: data.length, etag: printed['etag'], nonce: printed['nonce'] },
    ...{ sha256: printed['sha256'], crc32: hex(printed['crc32']), host: 'of the source' },
    part_bytes: printed['part_bytes'],
    part_crc32: (printed['part_crc32'] as readonly number[]).map(hex),
  }
  fake.put(`${PREFIX}.z3/tank/m@1.json`, JSON.stringify(manifest))
  t.equal((await copy(`file://${disk}`, 'tank/m')).code, 0)
  const verified = await run(disked, 'verify', '--level', 'data', 'tank/m')
  t.equal(verified.code, 0, verified.stderr)
  const head = await run({ ...disked }, 'verify', '--level', 'head', 'tank/m')
  t.equal(head.code, 0, `${head.stdout}${head.stderr}`)
  const copied = await runBinary('z3-get', [`${PREFIX}.z3/tank/m@1.json`], { env: disked })
  t.match(JSON.parse(String(copied.stdout)), {
    ...{ sha256: manifest.sha256, crc32: manifest.crc32, host: 'of the source' },
  })

  // the data no longer is what the manifest says
  const object = fake.objects.get(key)
  object?.body.writeUInt8(255 - object.body.readUInt8(5), 5)
  const other = await run(env, 'copy', 's3://bucket', `file://${home}/other`, 'tank/m')
  t.equal(other.code, 3, other.stderr)
  t.match(other.stderr, "tank/m@1: not copied: the data of 'z3-backup/tank/m@1' differs")
  t.equal((await run({ ...env, BUCKET: `file://${home}/other` }, 'list')).code, 4, 'nothing there')
})

void t.test('a server of its own for TO', async (t) => {
  const { env, home, fake } = await open(t)
  const other = await fakeBucket()
  t.teardown(() => other.close())
  const file = `${home}/to.conf`
  writeFileSync(
    file,
    `[main]\nHOST = ${other.endpoint}\nS3_KEY_ID = OTHERKEY\nS3_SECRET = OTHERSECRET\nS3_STORAGE_CLASS = GLACIER_IR\n`,
    { mode: 0o600 },
  )
  const copied = await run(env, 'copy', 's3://bucket', 's3://offsite/x', '--to-config', file)
  t.equal(copied.code, 0, copied.stderr)
  t.same([...other.fake.objects.keys()].sort(), [
    'x/tank/a@1',
    'x/tank/a@2',
    'x/tank/a@3',
    'x/tank/b@old',
  ])
  t.equal(other.fake.objects.get('x/tank/a@1')?.storageClass, 'GLACIER_IR')
  const keys = (requests: readonly { headers: { authorization?: string | undefined } }[]) =>
    new Set(
      requests.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]),
    )
  t.same([...keys(other.fake.requests)], ['OTHERKEY'])
  t.same([...keys(fake.requests)], ['AKIDTEST'])
})

void t.test('a wrong command line', async (t) => {
  const { env, disk } = await open(t)
  for (const [args, message] of [
    [['s3://bucket'], 'too few arguments'],
    [['bucket', `file://${disk}`], "FROM 'bucket' is not s3://BUCKET"],
    [['s3://bucket', 'there'], "TO 'there' is not s3://BUCKET"],
    [['s3://bucket', `s3://bucket/${PREFIX}`], 'FROM and TO overlap'],
    [['s3://bucket', `s3://bucket/${PREFIX}below`], 'FROM and TO overlap'],
    [['s3://bucket', `file://${disk}`, 'tank/a@1'], "'tank/a@1' is not a dataset"],
  ] as const) {
    const { code, stderr } = await run(env, 'copy', ...args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, message)
  }
  const unknown = await run(env, 'copy', 's3://bucket', `file://${disk}`, 'tank/none')
  t.equal(unknown.code, 4, unknown.stderr)
})

const server = testServers().find(({ kind, name }) => kind === 'rgw' && name === 'rgw')

void t.test('a real server', { skip: server === undefined && NO_SERVER }, async (t) => {
  if (!server) throw new Error(NO_SERVER)
  const bucket = await serverBucket(server)
  t.teardown(() => bucket.close())
  const home = t.testdir({ home: {}, disk: {} })
  const env = { ...bucket.env, HOME: `${home}/home`, SNAPSHOT_PREFIX: '' }
  const objects = [
    ['tank/a b@1', pattern(12 * MIB), ['--meta', 'isfull=true', '--meta', 'guid=1']],
    ['tank/a b@2', pattern(50), ['--meta', 'parent=tank/a b@1', '--meta', 'guid=2']],
    [
      'tank/a b@3',
      pattern(12 * MIB + 7),
      ['--meta', 'parent=tank/a b@2', '--meta', 'guid=3', '--max-object', '6M'],
    ],
  ] as const
  for (const [name, data, options] of objects) {
    const args = ['-q', ...options, `${PREFIX}${name}`]
    const { code, stderr } = await runBinary('pput', args, { env: bucket.env, stdin: data })
    t.equal(code, 0, stderr)
  }
  const from = `s3://${bucket.bucket}`
  const places = [
    [from, `${from}/there`, 'by the server'],
    [`${from}/there`, `file://${home}/disk`, 'copied'],
    [`file://${home}/disk`, `${from}/back`, 'copied'],
  ] as const
  for (const [source, to, how] of places) {
    const copied = await run(env, 'copy', source, to)
    t.equal(copied.code, 0, `${source} ${to}: ${copied.stderr}`)
    const lines = copied.stdout.trimEnd().split('\n')
    t.equal(lines.length, 3)
    // with another limit, the large one is divided anew
    for (const line of lines.slice(0, 2)) t.match(line, how)
  }
  const etags = await bucket.etags()
  t.equal(etags.get('there/tank/a b@1'), etags.get(`${PREFIX}tank/a b@1`), 'the same parts')
  for (const prefix of ['there/', 'back/']) {
    for (const [name, data] of objects) {
      const got = await runBinary('z3-get', [`${prefix}${name}`], { env: bucket.env })
      t.ok(got.stdout.equals(data), `${prefix}${name}: every byte`)
    }
    const { metadata } = await bucket.head(`${prefix}tank/a b@2`)
    t.match(metadata, { parent: 'tank/a b@1', guid: '2' })
  }
  t.same(await bucket.pending(), [])
})

void t.test('archived objects', async (t) => {
  const { fake, put, copy, env, disk, disked } = await open(t)
  // another chain, which is not archived; and one that TO has already
  put('tank/a@9', { isfull: 'true', guid: '9', created: '1700000900' })
  t.equal((await copy(`file://${disk}`, 'tank/b')).code, 0)
  const isArchived = (key: string): boolean => /tank\/(a@[12]|b@old)$/.test(key)
  fake.transition('DEEP_ARCHIVE', isArchived)
  const stored = async (): Promise<string> => (await run(disked, 'list', '--json')).stdout
  const snapshots = async (): Promise<unknown> => {
    const { datasets } = JSON.parse(await stored()) as { datasets: { snapshots: number }[] }
    return datasets.map((one) => one.snapshots)
  }
  const restores = () => fake.archives.accepted.length

  const dry = await copy(`file://${disk}`, '--dry-run', 'tank/a')
  t.equal(dry.code, 1, dry.stderr)
  t.match(dry.stderr, /^z3: archived: 'z3-backup\/tank\/a@1' \(6\.00M, DEEP_ARCHIVE\)$/m)
  t.match(dry.stdout, 'tank/a@9: would copy')

  const left = await copy(`file://${disk}`)
  t.equal(left.code, 1, left.stderr)
  t.ok(left.stderr.indexOf('z3: archived: ') < left.stderr.indexOf('not copied'), 'beforehand')
  t.notMatch(left.stderr, 'b@old', 'TO has it')
  t.match(left.stderr, /^z3: tank\/a@2: not copied: it is archived \(DEEP_ARCHIVE\)$/m)
  t.match(left.stderr, /^z3: tank\/a@3: not copied: its parent tank\/a@2 is not copied$/m)
  t.match(
    left.stderr,
    /z3: tank\/a: 2 objects \(6\.00M\) of tank\/a must be thawed before the copy\nhint: Run the same z3 copy command with --thaw standard \(at most 12 h\) or --thaw bulk/,
  )
  t.equal(left.stdout.replace(/ \([^)]*\)/g, ''), 'tank/a@9: copied\n', 'the rest is copied')
  t.equal(restores(), 0, 'nothing is thawed unasked')

  for (const [args, message, code] of [
    [['--wait'], '--wait requires --thaw', 2],
    [['--thaw', 'bulk', '--thaw-days', '0'], "--thaw-days: '0' is not a number", 2],
    [['--thaw', 'expedited'], 'DEEP_ARCHIVE, which has no expedited retrieval', 2],
  ] as const) {
    const refused = await copy(`file://${disk}`, ...args)
    t.equal(refused.code, code, refused.stderr)
    t.match(refused.stderr, message)
  }
  const none = await run(env, 'copy', `file://${disk}`, 's3://bucket/x', '--thaw', 'bulk')
  t.equal(none.code, 2, none.stderr)
  t.match(none.stderr, /--thaw: \S+.* has no archive/)
  t.equal(restores(), 0)

  const asked = await copy(`file://${disk}`, '--thaw', 'bulk', '--json')
  t.equal(asked.code, 1, asked.stderr)
  t.match(JSON.parse(asked.stdout), { datasets: [{ dataset: 'tank/a', code: 'thawing' }, {}] })
  t.match(asked.stderr, /requested 2 objects \(6\.00M\) \(bulk\)/)
  t.match(asked.stderr, /again in 48 h/)
  t.equal(restores(), 2)
  const early = await copy(`file://${disk}`, '--thaw', 'bulk')
  t.equal(early.code, 1)
  t.match(early.stderr, "z3: thawing: 'z3-backup/tank/a@1'")
  t.equal(restores(), 2, 'nothing is requested twice')

  fake.archives.pass(48)
  const copied = await copy(`file://${disk}`)
  t.equal(copied.code, 0, copied.stderr)
  t.match(copied.stderr, '3 objects copied')
  t.strictSame(await snapshots(), [4, 1])
})

void t.test('--thaw --wait copies when all is thawed', async (t) => {
  const { fake, env, disk } = await open(t)
  fake.transition('GLACIER')
  const io = testIo({ ...env, MAX_RETRIES: '3' })
  const { place, store, config, say, tell } = await openContext({}, io, 'tank/a')
  const there = await openStore({ kind: 'file', path: disk }, { connections: 2 })
  t.teardown(() => {
    store.close()
    there.close()
  })
  const done: string[] = []
  const problem = await copyDataset({
    ...{ from: place, to: { ...place, store: there }, isSameServer: false, config, say, tell },
    ...{ concurrency: 2, memory: 64 * MIB, usesManifests: true, dryRun: false, env: io.env },
    thaw: { tier: 'standard', days: 1, waits: true },
    signal: io.signal,
    onDone: ({ name, action }) => done.push(`${name}: ${action}`),
    sleep: () => {
      fake.archives.pass(1)
      return Promise.resolve()
    },
  })
  t.equal(problem, undefined)
  t.strictSame(done, ['tank/a@1: copied', 'tank/a@2: copied', 'tank/a@3: copied'])
  t.match(io.err(), /waiting until 3 objects \(\S+\) can be read\n.*3 objects \S+ can be read now/s)

  // Ctrl-C ends the wait
  fake.transition('GLACIER')
  const other = testIo({ ...env, MAX_RETRIES: '3' })
  const argv = ['copy', 's3://bucket', 's3://bucket/x', 'tank/a', '--thaw=bulk', '--wait']
  const ended = main(argv, other)
  await until('it waits', () => other.err().includes('waiting until'))
  other.abort(new Interrupted('SIGINT'))
  t.equal(await ended, 130)
})
