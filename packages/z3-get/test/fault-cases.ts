import { gzipSync } from 'node:zlib'
import type { Fault, FakeS3Options, RecordedRequest, Reply } from '@z3/fixtures'

/** Bytes of one range, unless a case says otherwise: the object has three. */
export const CHUNK = 256 * 1024

/** How the object is stored, which says what protects its bytes. */
export type Sort =
  | 'one part'
  | 'parts in the metadata'
  | 'parts by HEAD'
  | 'checksum'
  | 'unknown server'
  | 'SSE-KMS'
  | 'unknown parts'

/** Sorts whose bytes nothing can verify: z3-get has to say so. */
export const UNVERIFIABLE: readonly Sort[] = ['unknown server', 'SSE-KMS', 'unknown parts']

export interface FaultCase {
  readonly name: string
  readonly sort: Sort
  /** Exit status. */
  readonly expected: number
  /** What goes wrong with a request; `nth` counts those to this part of the object, from 1. */
  readonly fault: (
    request: RecordedRequest,
    nth: number,
  ) => Fault | 'replace' | 'refuse' | undefined
  /** Of z3-get, beside the key. */
  readonly args: readonly string[]
  readonly server?: FakeS3Options
}

/** Where a fault strikes. */
const RANGES = { first: 0, middle: CHUNK, last: 2 * CHUNK } as const
type Op = 'HEAD' | keyof typeof RANGES

type Struck = FaultCase['fault']

/** @returns whether a request is the one that the fault is for */
const strikes = (op: Op, { op: asked, headers, partNumber }: RecordedRequest): boolean => {
  if (op === 'HEAD') return asked === 'HeadObject' && partNumber === undefined
  const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? -1)
  // what is asked again begins later
  return asked === 'GetObject' && from >= RANGES[op] && from < RANGES[op] + CHUNK
}

const on = (op: Op, struck: Struck): Struck => {
  let nth = 0
  return (request) => (strikes(op, request) ? struck(request, ++nth) : undefined)
}
const once =
  (fault: ReturnType<Struck>): Struck =>
  (_, nth) =>
    nth === 1 ? fault : undefined
const always =
  (fault: ReturnType<Struck>): Struck =>
  () =>
    fault

const answer = (change: (reply: Reply) => Partial<Reply>): Fault => ({
  alter: (reply) => ({ ...reply, ...change(reply) }),
})
const header = (name: string, change: (value: string) => string | undefined): Fault =>
  answer(({ headers }) => {
    const { [name]: value = '', ...others } = headers ?? {}
    const changed = change(value)
    return { headers: changed === undefined ? others : { ...others, [name]: changed } }
  })
const bytes = (change: (body: Buffer) => Buffer): Fault =>
  answer(({ body }) => ({ body: change(Buffer.from(body ?? '')) }))

const GZIP = answer(({ headers, body }) => ({
  headers: { ...headers, 'content-encoding': 'gzip' },
  body: gzipSync(body ?? ''),
}))

const NEVER = new Promise<never>(() => undefined)
const refusal = (status: number, code: string): Fault => ({ status, code, message: 'no' })

/** Mended by asking again; given up when it lasts. */
const PASSING: readonly (readonly [string, Fault | 'refuse'])[] = [
  ['reset before bytes', { reset: 'before' }],
  ['silence', { hold: NEVER }],
  ['429', refusal(429, 'TooManyRequests')],
  ['500', refusal(500, 'InternalError')],
  ['503', refusal(503, 'SlowDown')],
  ['503 of a proxy', { status: 503 }],
]

const EVERYWHERE: readonly (readonly [string, Struck, number])[] = [
  ...PASSING.flatMap(([name, fault]) => [
    [`${name}, once`, once(fault), 0] as const,
    [`${name}, for ever`, always(fault), 1] as const,
  ]),
  ['refused', always('refuse'), 1],
  ['400', always(refusal(400, 'InvalidRequest')), 1],
  ['403', always(refusal(403, 'AccessDenied')), 1],
  ['no ETag, or another', always(header('etag', () => '"another"')), 3],
]

const OF_RANGES: readonly (readonly [string, Struck, number])[] = [
  ['reset after bytes, once', once({ reset: 'after' }), 0],
  ['reset after bytes, for ever', always({ reset: 'after' }), 1],
  ['stall after bytes, once', once({ stall: true }), 0],
  ['replaced', once('replace'), 3],
  ['416', always(refusal(416, 'InvalidRange')), 1],
  ['short body', once(bytes((body) => body.subarray(0, body.length >> 1))), 0],
  ['long body', always(bytes((body) => Buffer.concat([body, body]))), 1],
  ['no Content-Range', always(header('content-range', () => undefined)), 1],
  [
    'Content-Range of another total',
    always(header('content-range', (range) => range.replace(/\/.*/, '/99'))),
    3,
  ],
  ['Content-Range of another range', always(header('content-range', () => 'bytes 7-9/786432')), 1],
  ['200 with the range', always(answer(() => ({ status: 200 }))), 1],
  [
    '200 without Content-Range',
    always({
      alter: (reply) => ({
        ...reply,
        ...header('content-range', () => undefined).alter?.(reply),
        status: 200,
      }),
    }),
    1,
  ],
  [
    'Range ignored',
    ({ headers }) => {
      delete headers.range
      return undefined
    },
    1,
  ],
  ['gzip on the way', always(GZIP), 1],
  // what came of it must not be taken for the range's beginning
  ['gzip on the way, once', once(GZIP), 1],
  [
    'gzip on the way, without a length',
    always(
      answer(({ headers, body }) => ({
        headers: { ...headers, 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' },
        body: gzipSync(body ?? ''),
      })),
    ),
    1,
  ],
  ['stored compressed', always(header('content-encoding', () => 'gzip')), 0],
]

const OF_HEAD: readonly (readonly [string, Struck, number])[] = [
  ['404', always(refusal(404, 'NoSuchKey')), 4],
  ['no Content-Length', always({ contentLength: null }), 0],
  ['Content-Length 0', always({ contentLength: 0 }), 0],
  ['Content-Length too small', always({ contentLength: CHUNK }), 3],
  ['Content-Length too small, within a range', always({ contentLength: CHUNK + 9 }), 3],
  ['Content-Length too large', always({ contentLength: 5 * CHUNK }), 3],
  ['no ETag', always(header('etag', () => undefined)), 1],
]

/** Chunk sizes and sorts take turns. */
const ARGS = [
  ['-s', '256K'],
  ['-s', '256K', '--concurrency', '1'],
  ['-s', '256K', '--max-memory', '256K'],
]
const TURNS: readonly Sort[] = ['one part', 'parts in the metadata', 'checksum']

export function faultCases(): readonly FaultCase[] {
  const cases: FaultCase[] = []
  const add = (op: Op, name: string, struck: Struck, expected: number, sort?: Sort) => {
    const turn = cases.length
    cases.push({
      name: `${op}: ${name}`,
      fault: on(op, struck),
      expected,
      sort: sort ?? TURNS[turn % TURNS.length] ?? 'one part',
      args: ARGS[turn % ARGS.length] ?? [],
    })
  }
  for (const [name, struck, expected] of [...EVERYWHERE, ...OF_HEAD]) {
    add('HEAD', name, struck, expected)
  }
  for (const op of ['first', 'middle', 'last'] as const) {
    for (const [name, struck, expected] of [...EVERYWHERE, ...OF_RANGES]) {
      add(op, name, struck, expected)
    }
    // 4 says that nothing was written
    add(op, '404', always(refusal(404, 'NoSuchKey')), op === 'first' ? 4 : 3)
    for (const sort of [
      'checksum',
      'one part',
      'parts in the metadata',
      'parts by HEAD',
    ] as const) {
      add(op, `flipped byte, ${sort}`, always({ corrupt: true }), 3, sort)
    }
    for (const sort of UNVERIFIABLE) {
      add(op, `flipped byte, ${sort}`, always({ corrupt: true }), 0, sort)
    }
  }
  return [...cases, ...wholes()]
}

/** The object in one range, where a server that ignores ranges does no harm. */
function wholes(): readonly FaultCase[] {
  const whole = (name: string, struck: Struck, expected: number, sort: Sort): FaultCase => ({
    name: `one range: ${name}`,
    fault: on('first', struck),
    expected,
    sort,
    args: ['-s', '64M'],
  })
  const ignored: Struck = ({ headers }) => {
    delete headers.range
    return undefined
  }
  return [
    whole('Range ignored', ignored, 0, 'one part'),
    whole(
      'Range ignored, flipped byte',
      (r, n) => ({ ...(ignored(r, n) as object), corrupt: true }),
      3,
      'one part',
    ),
    whole('flipped byte, parts', always({ corrupt: true }), 3, 'parts in the metadata'),
    whole('503, once', once(refusal(503, 'SlowDown')), 0, 'parts by HEAD'),
    whole('cut, once', once({ reset: 'after' }), 0, 'unknown parts'),
  ]
}
