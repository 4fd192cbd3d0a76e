import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Host } from '@z3/zfs'
import { chooseLine } from '@z3/replicate'
import { readLineOptions } from '../src/options/line.js'

const NONE = {
  compress: undefined,
  rate: undefined,
  buffer: undefined,
  chunk: undefined,
  send: [],
  receive: [],
}

/** A host that has all programs but those named. */
const host = (name: string, ...lacks: readonly string[]): Host => ({
  title: name,
  ssh: name === 'here' ? undefined : { host: name },
  user: 'root',
  run: () => Promise.reject(new Error('not asked')),
  stages: () => [],
  shown: () => [],
  zpool: () => Promise.resolve(''),
  restricted: false,
  hasProgram: (program) => Promise.resolve(!lacks.includes(program)),
  lost: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
})

const line = async (
  given: Partial<Parameters<typeof readLineOptions>[0]>,
  source = host('here'),
  target = host('there'),
): Promise<readonly [outgoing: string, incoming: string]> => {
  const options = readLineOptions({ ...NONE, ...given })
  const { outgoing, incoming } = await chooseLine(options, { source, target, here: host('here') })
  const text = (commands: typeof outgoing): string =>
    commands.map(({ file, args }) => [file, ...args].join(' ')).join(' | ')
  return [text(outgoing), text(incoming)]
}

void t.test('filters between two hosts', async (t) => {
  t.strictSame(await line({}), ['', ''])
  t.strictSame(await line({ compress: '' }), ['zstd -q -T0 -3 -c', 'zstd -d -c'])
  t.strictSame(await line({ compress: 'pigz-slow' }), ['pigz -9 -c', 'pigz -d -c'])
  t.strictSame(await line({ compress: 'lzo', rate: '10M' }), [
    'lzop -q -c | mbuffer -q -s 128k -m 16384k -R 10240k',
    'lzop -d -c',
  ])
  t.strictSame(await line({ buffer: '1M', chunk: '64K', rate: '1K' }), [
    'mbuffer -q -s 64k -m 1024k -R 1k',
    'mbuffer -q -s 64k -m 1024k',
  ])
  // mbuffer's words
  t.strictSame(await line({ buffer: '10%', rate: '1.5M' }), [
    'mbuffer -q -s 128k -m 10% -R 1536k',
    'mbuffer -q -s 128k -m 10%',
  ])
  t.strictSame(await line({ buffer: '0.75m', chunk: '65536b', rate: '1k' }), [
    'mbuffer -q -s 64k -m 768k -R 1k',
    'mbuffer -q -s 64k -m 768k',
  ])
  t.strictSame(
    await line({
      ...{ compress: 'gzip', buffer: '1M' },
      send: ['a "b c"', 'd'],
      receive: ['e', 'f'],
    }),
    [
      'a b c | d | gzip -3 -c | mbuffer -q -s 128k -m 1024k',
      'mbuffer -q -s 128k -m 1024k | gzip -d -c | e | f',
    ],
  )
})

void t.test('what is compressed is what is unpacked', async (t) => {
  const bytes = Buffer.concat([randomBytes(300_000), Buffer.alloc(300_000)])
  for (const compress of [
    ...['gzip', 'pigz-fast', 'pigz-slow', 'xz', 'lzo', 'lz4'],
    ...['zstd-fast', 'zstd-slow', 'zstd-adapt'],
  ]) {
    const { outgoing, incoming } = await chooseLine(
      readLineOptions({ ...NONE, compress, buffer: '1M', rate: '100M' }),
      { source: host('here'), target: host('there'), here: host('here') },
    )
    const run = (input: Buffer, { file, args }: (typeof outgoing)[number]) =>
      execFileSync(file, args, { input, maxBuffer: 2e6 })
    const sent = outgoing.reduce(run, bytes)
    t.ok(sent.length > 290_000 && sent.length < 400_000, compress)
    t.ok(incoming.reduce(run, sent).equals(bytes), compress)
  }
})

void t.test('on one host', async (t) => {
  const local = (given: Parameters<typeof line>[0]) => line(given, host('here'), host('here'))
  t.strictSame(await local({ compress: 'gzip' }), ['', ''])
  t.strictSame(await local({ buffer: '1M' }), ['', ''])
  t.strictSame(await local({ rate: '1M' }), ['mbuffer -q -s 128k -m 16384k -R 1024k', ''])
  t.strictSame(await local({ buffer: '1M', send: ['a'], receive: ['b'] }), [
    'a | mbuffer -q -s 128k -m 1024k',
    'mbuffer -q -s 128k -m 1024k | b',
  ])
})

void t.test('a program that is missing is named, and where', async (t) => {
  for (const [source, target, message] of [
    [host('here', 'zstd'), host('there'), "on here: 'zstd'"],
    [host('here'), host('there', 'zstd'), "on there: 'zstd'"],
  ] as const) {
    await t.rejects(line({ compress: 'zstd-slow' }, source, target), {
      code: 'program-missing',
      message: `no such program ${message}`,
    })
  }
})
