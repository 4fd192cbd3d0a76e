import { randomUUID } from 'node:crypto'
import {
  fakeBucket,
  OPEN,
  startBinary,
  until,
  type FakeS3Options,
  type FakeUpload,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { withLock } from '@z3/cli'
import { z3On } from './setup.js'

const HOUR = 3600_000

const setup = async (t: Test, options?: FakeS3Options) => {
  const bucket = await fakeBucket(options)
  t.teardown(() => bucket.close())
  const z3 = z3On(bucket, t.testdir({}))
  const { fake } = bucket
  // and a little, so that a test that takes long shows the same time
  const now = () => options?.date?.() ?? new Date()
  const ago = (hours: number) => new Date(now().getTime() - (hours + 0.09) * HOUR)
  /** What a run has left that began and sent its parts so many hours ago. */
  const pending = (key: string, began: number, ...parts: readonly number[]): FakeUpload => {
    const upload: FakeUpload = {
      uploadId: randomUUID(),
      key,
      metadata: {},
      storageClass: undefined,
      initiated: ago(began),
      checksum: false,
      parts: new Map(
        parts.map((hours, i) => {
          const [body, modified] = [Buffer.from('part'), ago(hours)]
          return [i + 1, { body, modified, etag: '"1"', crc32: undefined }]
        }),
      ),
    }
    fake.uploads.set(upload.uploadId, upload)
    return upload
  }
  const left = () => [...fake.uploads.values()].map(({ key }) => key).sort()
  const cleanup = (...args: readonly string[]) => z3(['cleanup', ...args])
  return { bucket, fake, pending, left, cleanup }
}

void t.test('what stood still for a day is dropped', async (t) => {
  const { fake, pending, left, cleanup, bucket } = await setup(t)
  fake.put('z3-backup/tank/a@stored', 'x')
  pending('z3-backup/tank/a@old', 30, 27, 28)
  pending('z3-backup/tank/a@begun', 25)
  // the third part was sent again
  pending('z3-backup/tank/a@active', 30, 29, 28, 2)
  pending('z3-backup/tank/a@new', 1)
  // others' are none of ours
  const others = ['z3-backup-2/tank/a@old', 'tank/a@old', 'other/x']
  for (const key of others) pending(key, 99, 99)
  const all = left()

  const dry = await cleanup('--dry-run')
  t.equal(dry.code, 0, dry.stderr)
  t.equal(
    String(dry.stdout),
    `z3-backup/tank/a@active: skipped, active, idle for 2h 5m
z3-backup/tank/a@begun: would abort, idle for 1d 1h
z3-backup/tank/a@new: skipped, active, idle for 1h 5m
z3-backup/tank/a@old: would abort, idle for 1d 3h
`,
  )
  t.strictSame(left(), all, 'nothing is dropped')
  t.notOk(fake.requests.some(({ method }) => method === 'DELETE'))

  const { code, stdout, stderr } = await cleanup()
  t.equal(code, 0, stderr)
  t.match(String(stdout), 'z3-backup/tank/a@old: aborted, idle for 1d 3h')
  const active = ['z3-backup/tank/a@active', 'z3-backup/tank/a@new']
  t.strictSame(left(), [...others, ...active].sort())
  t.strictSame(await bucket.keys(), ['z3-backup/tank/a@stored'])

  const later = await cleanup('--older-than', '90m', '--quiet')
  t.equal(later.code, 0, later.stderr)
  t.equal(String(later.stdout), '')
  t.strictSame(left(), [...others, 'z3-backup/tank/a@new'].sort())
})

void t.test('--json', async (t) => {
  const { pending, left, cleanup } = await setup(t)
  const old = pending('z3-backup/tank/a@old', 30, 26)
  const fresh = pending('z3-backup/tank/a@new', 1)
  for (const dry of [true, false]) {
    const { code, stdout } = await cleanup('--json', ...(dry ? ['-n'] : []))
    t.equal(code, 0)
    t.match(JSON.parse(String(stdout)), {
      status: 'success',
      dry_run: dry,
      uploads: [
        {
          key: fresh.key,
          upload_id: fresh.uploadId,
          verdict: 'active',
          dropped: false,
        },
        {
          key: old.key,
          upload_id: old.uploadId,
          initiated: old.initiated.toISOString(),
          seconds_untouched: Number,
          verdict: 'stale',
          dropped: !dry,
        },
      ],
    })
  }
  t.strictSame(left(), [fresh.key])
})

void t.test('nothing is pending', async (t) => {
  const { bucket, cleanup, pending } = await setup(t)
  pending('elsewhere/tank/a@a', 99)
  const { code, stdout, stderr } = await cleanup()
  t.equal(code, 0)
  t.equal(String(stdout), '')
  t.equal(stderr, `z3: no pending uploads under bucket 'bucket' at ${bucket.endpoint}/z3-backup/\n`)
  const json = await cleanup('--json')
  t.match(JSON.parse(String(json.stdout)), { uploads: [] })
})

void t.test('what a killed pput has left', async (t) => {
  const { bucket, fake, left, cleanup } = await setup(t)
  const key = 'z3-backup/tank/a@killed'
  const { child, ended } = startBinary('pput', [key], {
    env: bucket.env,
    stdin: OPEN,
  })
  child.stdin?.write(Buffer.alloc(12 * 1024 * 1024, 1))
  await until('a part is there', () =>
    [...fake.uploads.values()].some(({ parts }) => parts.size > 0),
  )
  child.kill('SIGKILL')
  t.equal((await ended).signal, 'SIGKILL')

  t.match(
    String((await cleanup()).stdout),
    new RegExp(`^${key}: skipped, active, idle for \\d+\\S*\n$`),
  )
  t.strictSame(left(), [key])
  const { code, stdout, stderr } = await cleanup('--older-than', '0s')
  t.equal(code, 0, stderr)
  t.match(String(stdout), `${key}: aborted`)
  t.strictSame(left(), [])
})

void t.test('a run that is at work here keeps its own', async (t) => {
  const { bucket, pending, left, cleanup } = await setup(t)
  const mine = pending('z3-backup/tank/a@slow', 30, 27)
  pending('z3-backup/tank/b@old', 30, 27)
  const subject = {
    dataset: 'tank/a',
    destination: `bucket 'bucket' at ${bucket.endpoint}\nz3-backup/`,
  }
  const never = new AbortController().signal
  await withLock(
    subject,
    never,
    () => undefined,
    async () => {
      const { code, stdout } = await cleanup()
      t.equal(code, 0)
      t.equal(
        String(stdout),
        `${mine.key}: skipped, in use by another run, idle for 1d 3h
z3-backup/tank/b@old: aborted, idle for 1d 3h
`,
      )
      t.strictSame(left(), [mine.key])
    },
  )
  t.equal((await cleanup()).code, 0)
  t.strictSame(left(), [])
})

void t.test('one that is completed in between', async (t) => {
  const { fake, pending, cleanup } = await setup(t)
  const { uploadId, key } = pending('z3-backup/tank/a@done', 30, 27)
  fake.faults = ({ op }) => {
    if (op === 'ListParts') fake.uploads.delete(uploadId)
    return undefined
  }
  const { code, stdout } = await cleanup()
  t.equal(code, 0)
  t.equal(String(stdout), `${key}: skipped, age unknown\n`)
})

void t.test('what could not be dropped is not reported as dropped', async (t) => {
  const { fake, pending, left, cleanup } = await setup(t)
  const first = pending('z3-backup/tank/a@1', 30)
  const second = pending('z3-backup/tank/a@2', 30)
  fake.faults = ({ op, key }) =>
    op === 'AbortMultipartUpload' && key === second.key
      ? { status: 403, code: 'AccessDenied' }
      : undefined
  const { code, stdout, stderr } = await cleanup()
  t.equal(code, 1)
  t.match(String(stdout), `${first.key}: aborted`)
  t.notMatch(String(stdout), second.key)
  t.match(stderr, second.key)
  t.match(stderr, 'access denied')
  t.strictSame(left(), [second.key])
})

void t.test('a time without a unit', async (t) => {
  const { fake, cleanup } = await setup(t)
  const { code, stderr } = await cleanup('--older-than=24')
  t.equal(code, 2)
  t.match(stderr, "--older-than: '24' is not a duration")
  t.strictSame(fake.requests, [])
})

void t.test('the age is reckoned by the clock of the server', async (t) => {
  for (const hours of [-48, 48]) {
    const date = () => new Date(Date.now() + hours * HOUR)
    await t.test(`${String(hours)} hours off`, async (t) => {
      const { pending, left, cleanup } = await setup(t, { date })
      pending('z3-backup/tank/a@old', 30, 27)
      pending('z3-backup/tank/a@new', 1)
      const { code, stdout, stderr } = await cleanup()
      t.equal(code, 0, stderr)
      t.equal(
        String(stdout),
        `z3-backup/tank/a@new: skipped, active, idle for 1h 5m
z3-backup/tank/a@old: aborted, idle for 1d 3h
`,
      )
      t.strictSame(left(), ['z3-backup/tank/a@new'])
    })
  }
})

void t.test('other prefixes, and the whole bucket', async (t) => {
  const { pending, left, cleanup } = await setup(t)
  const keys = ['other/x', 'z3-backup/tank/a@old', 'zfs/tank/a@old', 'zz']
  for (const key of keys) pending(key, 99, 99)
  pending('elsewhere/tank/a@new', 1)
  const both = await cleanup('--all', '--prefix', 'zfs/')
  t.equal(both.code, 2)
  t.match(both.stderr, '--all and --prefix exclude each other')
  t.equal((await cleanup('--prefix', 'zf')).code, 0)
  t.strictSame(
    left(),
    ['elsewhere/tank/a@new', ...keys].filter((key) => !key.startsWith('zf')),
  )
  const dry = await cleanup('--all', '--dry')
  t.match(String(dry.stdout), 'other/x: would abort')
  const all = await cleanup('--all')
  t.equal(all.code, 0, all.stderr)
  t.strictSame(left(), ['elsewhere/tank/a@new'])
})

void t.test('a run at work under another prefix keeps its own', async (t) => {
  const { bucket, pending, left, cleanup } = await setup(t)
  pending('other/a/tank/a@slow', 30, 27)
  pending('other/tank/a@old', 30, 27)
  const subject = {
    dataset: 'tank/a',
    destination: `bucket 'bucket' at ${bucket.endpoint}\nother/a/`,
  }
  const never = new AbortController().signal
  await withLock(
    subject,
    never,
    () => undefined,
    async () => {
      t.equal((await cleanup('--all')).code, 0)
      t.strictSame(left(), ['other/a/tank/a@slow'])
    },
  )
})

void t.test('a server that lists no uploads', async (t) => {
  for (const code of ['NotImplemented', undefined]) {
    const { fake, pending, left, cleanup } = await setup(t)
    const { key } = pending('z3-backup/tank/a@old', 30, 27)
    fake.faults = ({ op }) =>
      op === 'ListMultipartUploads'
        ? { status: 501, ...(code === undefined ? {} : { code }) }
        : undefined
    const { code: status, stdout, stderr } = await cleanup('--quiet')
    t.equal(status, 0, stderr)
    t.equal(String(stdout), '')
    t.match(stderr, /^z3: cannot list pending uploads of bucket .*, aborting none: \S/)
    const asked = fake.requests.filter((request) => request.op === 'ListMultipartUploads')
    t.equal(asked.length, 1, 'asked once')
    const json = await cleanup('--json')
    t.match(JSON.parse(String(json.stdout)), {
      uploads: [],
      not_listed: /list pending uploads/,
    })
    t.strictSame(left(), [key])
  }
})

void t.test('a server that lists no parts', async (t) => {
  const { fake, pending, left, cleanup } = await setup(t)
  const { key } = pending('z3-backup/tank/a@old', 30, 27)
  fake.faults = ({ op }) =>
    op === 'ListParts' ? { status: 501, code: 'NotImplemented' } : undefined
  const { code, stdout } = await cleanup()
  t.equal(code, 0)
  t.equal(String(stdout), `${key}: skipped, age unknown\n`)
  t.strictSame(left(), [key])
})
