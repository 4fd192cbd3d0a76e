import { setImmediate } from 'node:timers/promises'
import type { Fault, FakeS3Options } from '@z3/fixtures'
import { CHECKS, KINDS, type Kind } from './faults.js'
import { KEY, type Case, type Phase, type World } from './run-case.js'

const SOURCES = ['file', 'pipe', 'command'] as const

/** Milliseconds of silence that are enough where somebody is silent. */
const SILENCE = 100

type Times = 'once' | 'for ever'

const plain = {
  source: 'file',
  overwrite: false,
  exists: false,
  mends: false,
} as const

/** What goes wrong in one phase. */
const at =
  (phase: Phase, kind: Kind, times: Times, also: (world: World) => Case['faults'] = none) =>
  (world: World) => {
    let met = 0
    const others = also(world)(world)
    return (request: Parameters<ReturnType<Case['faults']>>[0]): Fault | undefined => {
      const hit = world.phaseOf(request) === phase && (times === 'for ever' || met === 0)
      if (!hit) return others(request)
      met++
      return kind.make(world)
    }
  }

const none = () => () => () => undefined

/** One operation fails by itself, as always in this case. */
const always =
  (phase: Phase, fault: Fault, times: Times = 'for ever') =>
  () =>
    at(phase, { name: '', make: () => fault, passes: false }, times)

/** Z3_TEST_ALL_FAULTS: the whole cross product, which takes a minute. */
const ALL = process.env['Z3_TEST_ALL_FAULTS'] !== undefined

/**
 * Each kind in one phase. By default it takes turns: the kinds share out the
 * variants among them, and with `turns` once and for ever, too.
 */
const crossed = (
  phase: Phase,
  kinds: readonly Kind[],
  variants: readonly (Partial<Case> & { what?: string; also?: () => Case['faults'] })[],
  turns?: 'turns',
): Case[] =>
  kinds
    .filter(({ only }) => !only || only.includes(phase))
    .flatMap((kind, index) =>
      (['once', 'for ever'] as const).flatMap((times, second) => {
        if (!ALL && turns && (index + second) % 2 > 0) return []
        const turn = variants.filter((_, at) => ALL || at === (index + second) % variants.length)
        return turn.map(({ what = '', also = none, ...variant }): Case => {
          const source = SOURCES[index % SOURCES.length] ?? 'file'
          return {
            ...plain,
            source,
            ...variant,
            name: `${phase}: ${kind.name}, ${times}${what && `, ${what}`}`,
            mends:
              kind.passes && times === 'once' && variant.mends !== false && !isLate(phase, kind),
            faults: at(phase, kind, times, also),
            ...(kind.stalls ? { idle: SILENCE } : {}),
          }
        })
      }),
    )

/** A Complete that is done when pput has ended cannot be waited for. */
const isLate = (phase: Phase, { name }: Kind) =>
  phase === 'CompleteMultipartUpload' && name.endsWith('done later')

const replacing = { overwrite: true, exists: true, what: 'overwriting' }
const fails = { source: 'failing command', what: 'of a failing command', mends: false } as const

const lostCreate = always('CreateMultipartUpload', { reset: 'after' }, 'once')

/** Something happens to the object between Complete and its answer. */
const afterComplete =
  (change: (world: World) => void) =>
  (world: World): ReturnType<Case['faults']> => {
    const changed = async () => {
      while (world.fake.completed.size === 0) await setImmediate()
      change(world)
    }
    return (request) =>
      world.phaseOf(request) === 'CompleteMultipartUpload' ? { hold: changed() } : undefined
  }

/** The server damages what it has completed, whether anybody looks or not. */
const damage = afterComplete(({ fake }) => {
  const object = fake.objects.get(KEY)
  if (object) fake.objects.set(KEY, { ...object, body: Buffer.from('cut') })
})

/** Somebody else puts an object there. */
const intrusion =
  (phase: Phase) =>
  (world: World): ReturnType<Case['faults']> =>
  (request) => {
    if (world.phaseOf(request) === phase) world.fake.put(KEY, 'theirs', { run: 'theirs' })
    return undefined
  }

/** A server goes down for a while, or for good, after its n-th answer. */
const down = (after: number, times: Times): Case['faults'] => {
  return ({ repeated }) => {
    let requests = 0
    const until = times === 'once' ? repeated : new Promise(() => undefined)
    return () => (++requests === after ? { down: until } : undefined)
  }
}

/** The requests of an upload in order, for `down`. */
const ORDER = ['look', 'Create', 'UploadPart', 'look', 'Complete', 'check']

const refused: Case[] = ['Create', 'UploadPart', 'Complete', 'check'].flatMap((op) =>
  (['once', 'for ever'] as const).map((times) => ({
    ...plain,
    name: `${op}: connection refused, ${times}`,
    faults: down(ORDER.indexOf(op), times),
    mends: times === 'once',
  })),
)

const signals: Case[] = (
  ['look', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'check'] as const
).flatMap((phase) =>
  (
    [
      ['silence', { stall: true }],
      ['done without a reply', { hold: new Promise(() => undefined) }],
      ['done and answered', {}],
      ['reset', { reset: 'before' }],
      ['503', { status: 503, code: 'SlowDown' }],
    ] as const
  ).flatMap(([name, fault]) =>
    (phase === 'check' || phase === 'CompleteMultipartUpload' ? [false, true] : [false]).map(
      (overwrite) => ({
        ...plain,
        name: `SIGTERM during ${phase}: ${name}${overwrite ? ', overwriting' : ''}`,
        overwrite,
        exists: overwrite,
        faults: (world: World) => {
          const kind = { name, passes: false, make: () => (world.sigterm(), fault) }
          return at(phase, kind, 'once')(world)
        },
      }),
    ),
  ),
)

const servers: readonly (FakeS3Options & { what: string })[] = [
  { what: 'that ignores If-None-Match', unconditional: true },
  { what: 'with checksums', checksums: true },
  { what: 'with ETags of its own', foreignEtags: true },
  { what: 'with ETags of its own and an empty one', foreignEtags: true, emptyCompleteEtag: true },
  { what: 'that demands checksums', demandChecksum: 'any' },
  { what: 'that demands MD5s', demandChecksum: 'md5' },
  { what: 'that completes twice', secondComplete: 'ok' },
  { what: 'whose second Complete is a conflict', secondComplete: 'PreconditionFailed' },
]

const ofServers: Case[] = servers.flatMap(({ what, ...server }) =>
  (
    [
      ['nothing fails', at('look', { name: '', make: () => ({}), passes: true }, 'once'), true],
      [
        'Complete: a lost reply',
        always('CompleteMultipartUpload', { reset: 'after' }, 'once')(),
        true,
      ],
      [
        'Complete: done after the third check',
        (world: World) =>
          always(
            'CompleteMultipartUpload',
            { reset: 'after', later: world.checkedThrice },
            'once',
          )()(world),
        true,
      ],
      ['another object during Create', intrusion('CreateMultipartUpload'), false],
      ['another object during UploadPart', intrusion('UploadPart'), false],
      ['another object during Complete', intrusion('CompleteMultipartUpload'), false],
      [
        'another object after Complete',
        afterComplete(({ fake }) => fake.put(KEY, 'theirs', { run: 'theirs' })),
        false,
      ],
      ['the object is damaged', damage, false],
    ] as const
  ).map(([name, faults, mends]) => ({
    ...plain,
    source: 'pipe' as const,
    name: `a server ${what}: ${name}`,
    server,
    faults,
    mends,
  })),
)

const wrongChecksum: Kind = {
  name: 'a wrong checksum',
  make: () => ({ headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } }),
  passes: false,
}

const noChecksum: Kind = {
  name: 'no checksum, though one was promised',
  make: () => ({ headers: { 'x-amz-checksum-crc32': null, 'x-amz-checksum-type': null } }),
  passes: false,
}

/** All cases. */
export const CASES: readonly Case[] = [
  ...crossed(
    'look',
    KINDS,
    [{}, { exists: true, mends: false, what: 'an object is there' }],
    'turns',
  ),
  ...crossed('CreateMultipartUpload', KINDS, [{}, replacing]),
  ...crossed('UploadPart', KINDS, [{}], 'turns'),
  ...crossed('CompleteMultipartUpload', KINDS, [{}, replacing]),
  ...crossed('check', KINDS, [{}, replacing]),
  ...crossed('check', CHECKS, [{}, replacing]),
  ...crossed(
    'check',
    [wrongChecksum, noChecksum],
    [{ server: { checksums: true } }, { ...replacing, server: { checksums: true } }],
  ),
  ...crossed('AbortMultipartUpload', KINDS, [fails], 'turns'),
  ...crossed(
    'ListMultipartUploads',
    KINDS,
    [
      { also: lostCreate, what: 'after a lost Create' },
      { ...fails, also: lostCreate, what: 'after a lost Create, of a failing command' },
    ],
    'turns',
  ),
  ...crossed('ListParts', KINDS, [{ also: lostCreate, what: 'after a lost Create' }], 'turns'),
  ...crossed(
    'DeleteObject',
    KINDS,
    [{ also: () => damage, mends: false, what: 'of what is damaged' }],
    'turns',
  ),
  ...crossed('UploadPart', KINDS.slice(0, 3), [{ source: 'two parts' }]),
  ...crossed('CompleteMultipartUpload', KINDS.slice(0, 3), [{ source: 'two parts' }]),
  ...refused,
  ...signals,
  ...ofServers,
]
