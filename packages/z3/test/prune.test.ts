import { fakeBucket, startBinary, testIo, type RecordedRequest } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'
import { look, openS3, PREFIX, pruneOnce, putAll, treeOf, type TestObject } from './prune-scene.js'

const now = Date.now() / 1000
const DATASET = 'tank/a'

/** s19 is the newest; s0 … s9 and s10 … s19 hang on two full ones. */
const TREE = treeOf(DATASET, 20, now)

/** Keeps the last two, and the chain of the last. */
const LAST = ['s10', 's18', 's19']

const setup = async (t: Test) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const { fake } = bucket
  const home = t.testdir({})
  const environment = (env: Readonly<Record<string, string>> = {}) => ({
    AWS_EC2_METADATA_DISABLED: 'true',
    ...bucket.env,
    HOME: home,
    SNAPSHOT_PREFIX: '',
    MAX_RETRIES: '1',
    ...env,
  })
  const prune = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const io = testIo(environment(env))
    const code = await main(['prune', ...args], io)
    return { code, stdout: io.out(), stderr: io.err() }
  }
  /** What follows the `@`, of objects and of manifests. */
  const names = (start: string): readonly string[] =>
    [...fake.objects.keys()]
      .filter((key) => key.startsWith(`${PREFIX}${start}`))
      .map((key) => key.slice(key.indexOf('@') + 1).replace(/\.json$/, ''))
      .sort()
  return {
    fake,
    bucket,
    environment,
    prune,
    stored: (dataset = DATASET) => names(`${dataset}@`),
    manifests: () => names(`.z3/${DATASET}@`),
  }
}

const isDelete = ({ op, key }: RecordedRequest, name = ''): boolean =>
  op === 'DeleteObject' && key.endsWith(name) && !/\.(json|lease)$/.test(key)

void t.test('objects and manifests go, and are shown before', async (t) => {
  const { fake, prune, stored, manifests } = await setup(t)
  putAll(fake, TREE)
  const args = ['--retention', '2', '--force', DATASET]
  const dry = await prune(['-n', ...args])
  t.equal(dry.code, 0, dry.stderr)
  t.equal(stored().length, 20)
  t.notOk(fake.requests.some(({ method }) => !['GET', 'HEAD'].includes(method)))
  const rows = dry.stdout.split('\n').map((line) => line.split(' | ').map((cell) => cell.trim()))
  t.strictSame(rows[0], ['NAME', 'ACTION', 'RULE', 'SIZE', 'EARLY'])
  t.strictSame(rows[1], ['tank/a@s0', 'delete', '-', '9B', ''])
  t.strictSame(rows[11], ['tank/a@s10', 'keep', 'parent of @s18', '10B', ''])
  t.strictSame(rows[20], ['tank/a@s19', 'keep', 'last, newest', '10B', ''])
  t.match(dry.stderr, /^z3: tank\/a: 17 of 20 objects to delete, 160B$/m)

  fake.requests.length = 0
  const { code, stdout, stderr } = await prune(args)
  t.equal(code, 0, stderr)
  t.strictSame(stored(), LAST)
  t.strictSame(manifests(), LAST)
  t.match(stdout, /^deleted tank\/a@s9 \(9B\)$/m)
  t.match(stderr, /^z3: tank\/a: 17 of 20 objects deleted, 160B$/m)
  const gone = fake.requests.filter((request) => isDelete(request))
  t.equal(gone.length, 17)
  for (const { headers } of gone) t.match(headers['if-match'], /^".+"$/)
  const heads = fake.requests.filter(({ op }) => op === 'HeadObject')
  t.equal(heads.length, 17, 'one look before each')

  fake.requests.length = 0
  const again = await prune(args)
  t.equal(again.code, 0)
  t.match(again.stderr, /^z3: tank\/a: 0 of 3 objects deleted, 0B$/m)
  t.strictSame(
    fake.requests.map(({ op }) => op),
    ['PutObject', 'ListObjectsV2', 'ListObjectsV2', 'ListObjectsV2', 'DeleteObject'],
    'listings of the leases, the manifests and the objects, under a lease',
  )
})

void t.test('--json', async (t) => {
  const { fake, prune } = await setup(t)
  putAll(fake, TREE)
  fake.put(`${PREFIX}${DATASET}@not a/name`, 'x')
  for (const [key, object] of fake.objects) {
    if (!key.includes('.z3/')) fake.objects.set(key, { ...object, storageClass: 'STANDARD_IA' })
  }
  const args = ['--json', '--retention', '2', '--force', DATASET]
  const dry = JSON.parse((await prune(['-n', ...args])).stdout) as unknown
  t.match(dry, {
    status: 'success',
    dry_run: true,
    datasets: [
      {
        dataset: DATASET,
        deleted_bytes: 160,
        foreign: [`${PREFIX}${DATASET}@not a/name`],
        left_over_manifests: [],
      },
    ],
  })
  const [dataset] = (dry as { datasets: { keep: unknown[]; delete: unknown[] }[] }).datasets
  t.equal(dataset?.keep.length, 3)
  t.match(dataset?.keep[0], { name: `${DATASET}@s10`, reasons: ['parent of @s18'] })
  t.match(dataset?.delete[0], {
    name: `${DATASET}@s0`,
    key: `${PREFIX}${DATASET}@s0`,
    bytes: 9,
    storage_class: 'STANDARD_IA',
    minimum_days_left: 30,
    early_byte_days: 270,
    result: 'planned',
  })
  const waits = JSON.parse((await prune([...args, '--respect-minimum'])).stdout) as {
    datasets: { delete: unknown[]; keep: { reasons: string[] }[] }[]
  }
  t.equal(waits.datasets[0]?.delete.length, 0)
  t.strictSame(waits.datasets[0]?.keep[0]?.reasons, ['minimum of its storage class'])
  const real = await prune(args)
  t.match(JSON.parse(real.stdout), {
    dry_run: false,
    datasets: [{ delete: [{ result: 'deleted' }] }],
  })
  t.match(real.stderr, /17 earlier than their storage class is paid for \(0\.00 GiB-days\)$/m)
})

void t.test('refused, and nothing deleted', async (t) => {
  const { fake, prune, stored } = await setup(t)
  const putTree = (objects: readonly TestObject[] = TREE) => {
    fake.objects.clear()
    putAll(fake, objects)
  }
  for (const [title, args, env, code, message] of [
    ['no schedule', [DATASET], {}, 2, /RETENTION is not set/],
    ['nonsense', ['--retention', '1d', DATASET], {}, 2, /has an interval, but no time to live/],
    ['nonsense in the environment', [DATASET], { Z3_RETENTION: '1x1y' }, 2, /unknown unit 'x'/],
    ['blank', ['--retention', ' ', DATASET], {}, 2, /is not a schedule/],
    ['too many', ['--retention', '2', DATASET], {}, 1, /deletes 17 of 20 objects at once/],
    ['too many for you', ['--retention', '8', '--max-percent', '40', DATASET], {}, 1, /than 40 %/],
    [
      'no percentage',
      ['--retention', '8', '--max-percent', '101', DATASET],
      {},
      2,
      /--max-percent/,
    ],
    ['a snapshot', ['--retention', '8', `${DATASET}@s1`], {}, 2, /is not a dataset/],
    ['both', ['--retention', '8', '--all', DATASET], {}, 2, /exclude each other/],
    ['nothing there', ['--retention', '8', 'tank/b'], {}, 4, /nothing of tank\/b is in/],
  ] as const) {
    putTree()
    const result = await prune(args, env)
    t.equal(result.code, code, `${title}: ${result.stderr}`)
    t.match(result.stderr, message, title)
    t.equal(stored().length, 20, title)
  }
  const future = treeOf(DATASET, 20, now, -3)
  putTree(future)
  const ahead = await prune(['--retention', '15', DATASET])
  t.equal(ahead.code, 1)
  t.match(ahead.stderr, /tank\/a@s19 were taken in the future/)
  t.equal(stored().length, 20)
  putTree()
  fake.faults = () => ({ headers: { date: new Date(Date.now() - 86_400_000).toUTCString() } })
  const skewed = await prune(['--retention', '15', DATASET])
  t.equal(skewed.code, 1)
  t.match(skewed.stderr, /the clock of this host differs by 24\.0 h from the store's/)
  t.equal(stored().length, 20)
  fake.faults = ({ op, key }) =>
    op === 'HeadObject' && key.endsWith('@s5') ? { status: 403, code: 'AccessDenied' } : undefined
  fake.objects.set(`${PREFIX}${DATASET}@s5`, fake.put(`${PREFIX}${DATASET}@s5`, 'new', {}))
  const unreadable = await prune(['--retention', '15', '--force', DATASET])
  t.equal(unreadable.code, 3)
  t.match(unreadable.stderr, /tank\/a@s5 cannot be read/)
  t.equal(stored().length, 20)
  fake.faults = ({ op, key }) =>
    op === 'HeadObject' && key.endsWith('@s5') ? { status: 404, code: 'NotFound' } : undefined
  const absent = await prune(['--retention', '15', '--force', DATASET])
  t.equal(absent.code, 3)
  t.match(absent.stderr, /@s5' is listed, but the server does not find it: nothing is deleted/)
  t.equal(stored().length, 20)
})

void t.test('what is not deleted keeps what it builds on', async (t) => {
  const { fake, prune, stored } = await setup(t)
  const key = `${PREFIX}${DATASET}@s3`
  const chain = ['s0', 's2', 's3']
  const args = ['--retention', '2', '--force', DATASET]
  for (const [title, faults, code, message] of [
    [
      'refused',
      (request: RecordedRequest) =>
        isDelete(request, '@s3') ? { status: 403, code: 'AccessDenied' } : undefined,
      1,
      /z3: tank\/a@s3 is kept: cannot delete '.*': access denied/,
    ],
    [
      'the server is down for it',
      (request: RecordedRequest) =>
        isDelete(request, '@s3') ? { status: 500, code: 'InternalError' } : undefined,
      1,
      /tank\/a@s3 is kept: cannot delete/,
    ],
    [
      'locked',
      ({ op, key: at }: RecordedRequest) =>
        op === 'HeadObject' && at === key
          ? { headers: { 'x-amz-object-lock-retain-until-date': '2099-01-02T03:04:05Z' } }
          : undefined,
      0,
      /^tank\/a@s3 is kept: it is locked until 2099-01-02T03:04:05.000Z$/m,
    ],
    [
      'a legal hold',
      ({ op, key: at }: RecordedRequest) =>
        op === 'HeadObject' && at === key
          ? { headers: { 'x-amz-object-lock-legal-hold': 'ON' } }
          : undefined,
      0,
      /^tank\/a@s3 is kept: it has a legal hold$/m,
    ],
  ] as const) {
    putAll(fake, TREE)
    // in the cache from here on
    fake.faults = undefined
    await prune(['-n', ...args])
    fake.faults = faults
    const result = await prune(args)
    t.equal(result.code, code, `${title}: ${result.stderr}`)
    t.match(result.stdout + result.stderr, message, title)
    t.strictSame(stored(), [...LAST, ...chain].sort(), title)
    t.match(result.stdout, /^tank\/a@s0 is kept: an object that builds on it was not deleted$/m)
  }
})

void t.test('an object that was replaced stops the dataset', async (t) => {
  const { fake, prune, stored } = await setup(t)
  const args = ['--retention', '2', '--force', DATASET]
  const key = `${PREFIX}${DATASET}@s9`
  for (const [title, faults] of [
    [
      'before the look',
      ({ op, key: at }: RecordedRequest) => {
        if (op === 'HeadObject' && at === key) fake.put(key, 'other', { isfull: 'true' })
        return undefined
      },
    ],
    [
      'behind it',
      (request: RecordedRequest) =>
        isDelete(request, '@s9') ? { status: 412, code: 'PreconditionFailed' } : undefined,
    ],
  ] as const) {
    putAll(fake, TREE)
    fake.faults = undefined
    await prune(['-n', ...args])
    fake.faults = faults
    const { code, stderr } = await prune(args)
    t.equal(code, 3, title)
    t.match(stderr, /^z3: tank\/a@s9 is kept: .* was replaced/m)
    for (const name of ['s0', 's8', 's9', 's10']) t.ok(stored().includes(name), name)
    fake.objects.clear()
  }
})

void t.test('a deletion whose answer is lost is looked at', async (t) => {
  const { fake, prune, stored, manifests } = await setup(t)
  putAll(fake, TREE)
  fake.faults = (request) => (isDelete(request) ? { reset: 'after' } : undefined)
  const { code, stdout, stderr } = await prune(['--retention', '2', '--force', DATASET])
  t.equal(code, 0, stderr)
  t.match(stdout, /^deleted tank\/a@s0/m)
  t.strictSame(stored(), LAST)
  t.strictSame(manifests(), LAST)
})

void t.test('a server that refuses the condition', async (t) => {
  const { fake, prune, stored } = await setup(t)
  putAll(fake, TREE)
  fake.faults = ({ op, headers }) =>
    op === 'DeleteObject' && headers['if-match']
      ? { status: 501, code: 'NotImplemented' }
      : undefined
  t.equal((await prune(['--retention', '2', '--force', DATASET])).code, 0)
  t.strictSame(stored(), LAST)
})

void t.test('manifests and records without an object go', async (t) => {
  const { fake, prune, manifests } = await setup(t)
  putAll(fake, TREE.slice(-10))
  fake.put(`${PREFIX}.z3/${DATASET}@gone.json`, '{}')
  fake.put(`${PREFIX}.z3/${DATASET}@away.verified-stream`, '{}')
  const records = () => [...fake.objects.keys()].filter((key) => key.includes('.verified-'))
  const dry = await prune(['-n', '--json', '--retention', '50', DATASET])
  t.match(JSON.parse(dry.stdout), {
    datasets: [{ left_over_manifests: ['tank/a@away', 'tank/a@gone'] }],
  })
  t.ok(manifests().includes('gone'))
  t.equal((await prune(['--retention', '50', DATASET])).code, 0)
  t.notOk(manifests().includes('gone'))
  t.equal(manifests().length, 10)
  t.strictSame(records(), [])
  // of each object, also of those that are deleted now
  for (const { name } of TREE.slice(-10)) {
    fake.put(`${PREFIX}.z3/${name}.verified-data`, '{}')
    fake.put(`${PREFIX}.z3/${name}.verified-stream`, '{}')
  }
  fake.put(`${PREFIX}.z3/${DATASET}@.drilled`, '{}')
  fake.put(`${PREFIX}.z3/${DATASET}@.index`, '{}')
  t.equal((await prune(['--retention', '2', '--force', DATASET])).code, 0)
  const kept = LAST.length
  t.equal(manifests().filter((name) => !name.startsWith('.')).length, 3 * kept)
  t.equal(records().length, 2 * kept)
  t.ok(fake.objects.has(`${PREFIX}.z3/${DATASET}@.drilled`))
  t.ok(fake.objects.has(`${PREFIX}.z3/${DATASET}@.index`))
})

void t.test('all datasets', async (t) => {
  const { fake, prune, stored } = await setup(t)
  const args = ['--all', '--force']
  const home = t.testdir({
    conf: '[fs:tank/a]\nRETENTION = 2\n[fs:tank/c]\nRETENTION = 2\n',
  })
  const put = () => {
    for (const dataset of ['tank/a', 'tank/b', 'tank/c']) putAll(fake, treeOf(dataset, 20, now))
  }
  put()
  t.equal((await prune(args)).code, 2, 'no schedule at all')
  const { code, stderr } = await prune([...args, '--config', `${home}/conf`])
  t.equal(code, 0, stderr)
  t.match(stderr, /^z3: tank\/b: RETENTION is not set; nothing is deleted$/m)
  t.strictSame(
    ['tank/a', 'tank/b', 'tank/c'].map((name) => stored(name).length),
    [3, 20, 3],
  )
  fake.objects.clear()
  put()
  const one = await prune(['--force', '--config', `${home}/conf`, 'tank/a', 'tank/b'])
  t.equal(one.code, 2, 'named, and without a schedule: nothing is done')
  t.equal(stored('tank/a').length, 20)
  fake.faults = (request) =>
    isDelete(request) && request.key.includes('tank/a@')
      ? { status: 403, code: 'AccessDenied' }
      : undefined
  const failing = await prune([...args, '--json', '--retention', '2'])
  t.equal(failing.code, 1)
  t.match(JSON.parse(failing.stdout), {
    status: 'error',
    datasets: [{ status: 'error' }, { status: 'success' }, { status: 'success' }],
  })
  t.strictSame(
    ['tank/a', 'tank/b', 'tank/c'].map((name) => stored(name).length),
    [20, 3, 3],
  )
})

void t.test('dead after every single deletion', async (t) => {
  const { fake, bucket, stored } = await setup(t)
  putAll(fake, TREE)
  const store = await openS3(bucket.bucket, { endpoint: bucket.endpoint })
  t.teardown(() => {
    store.close()
  })
  let runs = 0
  for (let last = 21; stored().length < last; runs += 1) {
    last = stored().length
    const death = new AbortController()
    let deletions = 0
    fake.faults = (request) => {
      if (!isDelete(request)) return undefined
      deletions += 1
      if (deletions < 2) return undefined
      death.abort(new Error('dead'))
      return { stall: true }
    }
    await pruneOnce(store, DATASET, death.signal).catch((error: unknown) => {
      if (!death.signal.aborted) throw error
    })
    t.strictSame((await look(store, DATASET)).unhealthy, [])
  }
  t.ok(runs >= 17, `${String(runs)} runs`)
  t.strictSame(stored(), LAST)
})

void t.test('kill -9 in the middle', async (t) => {
  const { fake, bucket, environment, prune, stored, manifests } = await setup(t)
  putAll(fake, TREE)
  const store = await openS3(bucket.bucket, { endpoint: bucket.endpoint })
  t.teardown(() => {
    store.close()
  })
  const args = ['--retention', '2', '--force', DATASET]
  const running = startBinary('z3', ['prune', ...args], { env: environment() })
  let deletions = 0
  fake.faults = (request) => {
    if (!isDelete(request)) return undefined
    deletions += 1
    if (deletions < 9) return undefined
    running.child.kill('SIGKILL')
    return { stall: true }
  }
  t.equal((await running.ended).signal, 'SIGKILL')
  fake.faults = undefined
  t.ok(stored().length > 3)
  t.strictSame((await look(store, DATASET)).unhealthy, [])
  t.equal((await prune(args)).code, 0)
  t.strictSame(stored(), LAST)
  t.strictSame(manifests(), LAST)
})
