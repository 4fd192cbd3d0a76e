import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fakeBucket, pattern, runShell, testIo, type FakeS3Options } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'
import { CHUNK, faultCases, UNVERIFIABLE, type FaultCase, type Sort } from './fault-cases.js'

/** Compressible, and no two ranges alike. */
const DATA = Buffer.from(Uint32Array.from({ length: (3 * CHUNK) / 4 - 100 }, (_, at) => at).buffer)

/** A part of 300,000 bytes ends within a range. */
const PART = 300_000
const PARTS = [DATA.subarray(0, PART), DATA.subarray(PART, 2 * PART), DATA.subarray(2 * PART)]

/** As radosgw numbers its requests. */
const CEPH = 'tx00000c0ffee00c0ffee00-0068a1b2c3-1234-default'

/** Longer than any retry here, on a machine however slow. */
const HANG = 120_000

const SERVERS: Readonly<Record<Sort, FakeS3Options>> = {
  'one part': { requestId: CEPH },
  'parts in the metadata': { requestId: CEPH, ignorePartNumber: true },
  'parts by HEAD': { requestId: CEPH },
  checksum: { checksums: true },
  'unknown server': {},
  'SSE-KMS': { requestId: CEPH },
  'unknown parts': { requestId: CEPH, ignorePartNumber: true },
}

interface Outcome {
  readonly name: string
  readonly expected: number
  readonly status: number | 'hang'
  readonly err: string
  readonly whole: boolean
  readonly sort: Sort
}

const dir = t.testdir({})

/** Run one case: a server, an object, a fault, and z3-get. */
const run = async (it: FaultCase, index: number): Promise<Outcome> => {
  const bucket = await fakeBucket(SERVERS[it.sort])
  const { fake } = bucket
  if (it.sort.includes('parts')) {
    fake.putParts(
      'k',
      PARTS,
      it.sort === 'parts in the metadata' ? { 'part-sizes': String(PART) } : {},
    )
  } else fake.put('k', DATA)
  fake.faults = (request) => {
    const fault = it.fault(request, 0)
    if (fault === 'replace') fake.put('k', pattern(DATA.length, 2))
    else if (fault === 'refuse') void fake.close()
    else if (it.sort === 'SSE-KMS' && request.op === 'HeadObject') return encrypted
    else return fault
    return undefined
  }
  const io = testIo(bucket.env)
  const file = join(dir, String(index))
  const fd = openSync(file, 'w')
  // what lasts is given up soon, and what passes is not
  const tuning = { firstDelay: 1, idleTimeout: 400, attempts: it.expected === 1 ? 2 : 1000 }
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<'hang'>((resolve) => {
    timer = setTimeout(() => {
      resolve('hang')
      io.abort(new Error('hang'))
    }, HANG)
  })
  const status = await Promise.race([main(['-v', ...it.args, 'k'], io, fd, tuning), hang])
  clearTimeout(timer)
  closeSync(fd)
  const { name, expected, sort } = it
  const whole = readFileSync(file).equals(fake.objects.get('k')?.body ?? Buffer.alloc(0))
  await bucket.close()
  return { name, expected, status, err: io.err(), whole, sort }
}

const encrypted = {
  alter: (reply: { headers?: Readonly<Record<string, string>> }) => ({
    status: 200,
    headers: { ...reply.headers, 'x-amz-server-side-encryption': 'aws:kms' },
  }),
}

/** Outputs that fail: only a process of its own has them. */
const OUTPUTS = [
  ['a reader that leaves', 'z3-get k | head -c 10 > /dev/null; exit "${PIPESTATUS[0]}"'],
  ['full', 'z3-get k > /dev/full'],
  ['full, for --metadata', 'z3-get --metadata k > /dev/full'],
] as const

const runOutput = async ([name, script]: (typeof OUTPUTS)[number]): Promise<Outcome> => {
  const bucket = await fakeBucket()
  bucket.fake.put('k', pattern(8 * CHUNK))
  const { code, stderr } = await runShell(script, { env: bucket.env, cwd: dir })
  await bucket.close()
  return {
    name: `output: ${name}`,
    expected: 1,
    status: code ?? 'hang',
    err: stderr,
    whole: false,
    sort: 'one part',
  }
}

const said = (err: string) => err.includes("cannot verify the data of 'k': ")
const explained = ({ status, err }: Outcome) =>
  status === 0 || (/^z3-get: .+\nhint: [A-Z].+$/m.test(err) && !err.includes('internal error'))

void t.test('faults of servers, networks and outputs', async (t) => {
  const work = [
    ...faultCases().map((it, index) => () => run(it, index)),
    ...OUTPUTS.map((it) => () => runOutput(it)),
  ].values()
  const outcomes: Outcome[] = []
  const worker = async () => {
    for (const next of work) outcomes.push(await next())
  }
  await Promise.all(Array.from({ length: 4 }, worker))
  const bad = {
    // where nothing can verify the data, that is said
    'false successes': outcomes.filter(
      ({ status, whole, err, sort }) =>
        status === 0 && !whole && !(UNVERIFIABLE.includes(sort) && said(err)),
    ),
    'doubts without a word': outcomes.filter(
      ({ status, err, sort }) => status === 0 && UNVERIFIABLE.includes(sort) && !said(err),
    ),
    'wrong statuses': outcomes.filter(({ status, expected }) => status !== expected),
    'failures without a message': outcomes.filter((outcome) => !explained(outcome)),
    hangs: outcomes.filter(({ status }) => status === 'hang'),
  }
  t.comment(`${String(outcomes.length)} cases`)
  t.ok(outcomes.length >= 80)
  for (const [what, found] of Object.entries(bad)) {
    t.comment(`${what}: ${String(found.length)}`)
    const list = found.map(
      ({ name, sort, status, expected, err }) =>
        `${name} (${sort}): ${String(status)}, not ${String(expected)}: ${err}`,
    )
    t.strictSame(list, [], what)
  }
})
