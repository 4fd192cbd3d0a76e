import { withLock } from '@z3/cli'
import { fakeBucket, testIo } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'

const PREFIX = 'z3-backup/'
const DAY = 86_400_000

const setup = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const put = (name: string, days: number): void => {
    const modified = new Date(Date.now() - days * DAY)
    fake.objects.set(`${PREFIX}${name}`, { ...fake.put(`${PREFIX}${name}`, name), modified })
  }
  const cleanup = async (...args: readonly string[]) => {
    const env = { ...bucket.env, HOME: t.testdir({}), AWS_EC2_METADATA_DISABLED: 'true' }
    const io = testIo({ ...env, MAX_RETRIES: '1' })
    const code = await main(['cleanup', ...args], io)
    return { code, stdout: io.out(), stderr: io.err() }
  }
  const names = () => [...fake.objects.keys()].map((key) => key.slice(PREFIX.length)).sort()
  return { bucket, fake, put, cleanup, names }
}

/** What has to go: their objects are gone. */
const GONE = [
  '.z3/tank/a-b@gone.json',
  '.z3/tank/a@gone.json',
  '.z3/tank/a@gone.verified-data',
  '.z3/tank/a@gone.verified-stream',
  '.z3/tank/away@.drilled',
  '.z3/tank/away@.index',
  '.z3/tank/away@x.json',
]

/** What has to stay, oldest first or not. */
const KEPT = [
  'tank/a-b@here',
  'tank/a@gone.full',
  'tank/a@here',
  'tank/a@here.json',
  '.z3/tank/a-b@here.verified-stream',
  '.z3/tank/a@.drilled',
  '.z3/tank/a@.index',
  '.z3/tank/a@gone.full.json',
  '.z3/tank/a@here.json',
  '.z3/tank/a@here.json.json',
  '.z3/tank/a@here.verified-data',
  '.z3/lock',
  '.z3/prune/tank/a@host-1-x-0123abcd.lease',
  '.z3/tank/a@gone.of-a-newer-z3',
].sort()

void t.test('manifests and records without an object are deleted', async (t) => {
  const { fake, put, cleanup, names } = await setup(t)
  for (const name of [...GONE, ...KEPT]) put(name, 2)
  // a backup that was stored just now, on another host
  put('.z3/tank/a@new.json', 0.5)
  const all = names()

  const dry = await cleanup('-n')
  t.equal(dry.code, 0, dry.stderr)
  const lines = dry.stdout.trimEnd().split('\n')
  t.match(lines, [
    ...GONE.slice(0, 4).map((name) => `${PREFIX}${name}: would delete, its object is gone`),
    /@new\.json: skipped, its object is gone, written 12h/,
    ...GONE.slice(4).map((name) => `${PREFIX}${name}: would delete, its object is gone`),
  ])
  t.strictSame(names(), all, 'nothing is deleted')
  t.notOk(fake.requests.some(({ method }) => method === 'DELETE'))

  const json = await cleanup('--json', '-n', '--prefix', `${PREFIX}tank/away`)
  t.match(JSON.parse(json.stdout), {
    leftovers: [
      { key: `${PREFIX}.z3/tank/away@.drilled`, object: `${PREFIX}tank/away@`, deleted: false },
      { key: `${PREFIX}.z3/tank/away@.index`, object: `${PREFIX}tank/away@` },
      { key: `${PREFIX}.z3/tank/away@x.json`, object: `${PREFIX}tank/away@x`, verdict: 'stale' },
    ],
  })
  t.strictSame(JSON.parse((await cleanup('--json', '--prefix', 'other/')).stdout), {
    status: 'success',
    dry_run: false,
    uploads: [],
    leftovers: [],
  })

  const { code, stdout, stderr } = await cleanup('--all')
  t.equal(code, 0, stderr)
  t.match(stdout, `${PREFIX}.z3/tank/a@gone.json: deleted, its object is gone, written 2d`)
  t.strictSame(names(), [...KEPT, '.z3/tank/a@new.json'].sort())
})

void t.test('only the server can say that an object is gone', async (t) => {
  const { fake, put, cleanup, names } = await setup(t)
  put('.z3/tank/a@x.json', 2)
  put('.z3/tank/b@x.json', 2)
  put('tank/a@x', 3)
  const all = names()
  const hideListed = (answer: object) => {
    fake.faults = ({ op, key, query }) => {
      if (op === 'ListObjectsV2' && query['prefix'] === `${PREFIX}tank/b@`) return answer
      return op === 'HeadObject' && key.endsWith('tank/b@x') ? answer : undefined
    }
  }
  for (const [answer, status] of [
    [{ status: 500 }, 1],
    [{ status: 404, code: 'NoSuchBucket' }, 1],
    [{ status: 404 }, 1],
  ] as const) {
    hideListed(answer)
    const { code, stdout } = await cleanup()
    t.equal(code, status)
    t.notMatch(stdout, 'deleted')
    t.strictSame(names(), all, 'nothing is deleted, also of other datasets')
  }

  await t.test('a listing that omits an object is not enough', async (t) => {
    put('tank/b@x', 3)
    const object = fake.objects.get(`${PREFIX}tank/b@x`)
    let looks = 0
    fake.faults = ({ op, key, query }) => {
      if (op === 'ListObjectsV2' && query['prefix'] === `${PREFIX}tank/b@`) {
        fake.objects.delete(`${PREFIX}tank/b@x`)
      }
      if (op === 'HeadObject' && key.endsWith('tank/b@x') && object) {
        looks += 1
        fake.objects.set(key, object)
      }
      return undefined
    }
    const { code, stdout } = await cleanup()
    t.equal(code, 0)
    t.equal(looks, 1)
    t.notMatch(stdout, 'b@x.json')
    t.ok(names().includes('.z3/tank/b@x.json'))
  })
})

void t.test('a dataset that this host works on', async (t) => {
  const { bucket, put, cleanup, names } = await setup(t)
  put('.z3/tank/a@x.json', 2)
  const destination = `bucket 'bucket' at ${bucket.endpoint}\n${PREFIX}`
  const { signal } = new AbortController()
  const work = async (): Promise<void> => {
    const { stdout } = await cleanup()
    t.match(stdout, 'a@x.json: skipped, in use by another run')
  }
  await withLock({ dataset: 'tank/a', destination }, signal, () => undefined, work)
  t.strictSame(names(), ['.z3/tank/a@x.json'])
})

void t.test('a manifest that was written anew stays', async (t) => {
  const { fake, put, cleanup, names } = await setup(t)
  put('.z3/tank/a@x.json', 2)
  fake.faults = ({ op, headers }) => {
    if (op === 'DeleteObject') t.match(headers['if-match'], /^"\w+"$/)
    return op === 'DeleteObject' ? { status: 412, code: 'PreconditionFailed' } : undefined
  }
  const { code, stderr } = await cleanup()
  t.equal(code, 3)
  t.match(stderr, 'was replaced')
  t.strictSame(names(), ['.z3/tank/a@x.json'])
})

void t.test('keys that may not delete', async (t) => {
  const { fake, put, cleanup, names } = await setup(t)
  put('.z3/tank/a@x.json', 2)
  fake.faults = ({ op }) =>
    op === 'DeleteObject' ? { status: 403, code: 'AccessDenied' } : undefined
  const { code, stdout, stderr } = await cleanup('--json')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { leftovers: [{ deleted: false, verdict: 'stale' }] })
  t.match(stderr, /^z3: manifests and continuations without an object remain: .*access denied/)
  t.strictSame(names(), ['.z3/tank/a@x.json'])
})
