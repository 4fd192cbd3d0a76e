import { OPEN, runBinary, runShell, startBinary, testIo, type BinaryResult } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'

const TIMES = [0, 3600, 86_399, 86_400, 86_401, 172_800]
const LIST = TIMES.map((time) => `${String(time)}\ttank@${String(time)}\n`)
const NOW = ['--now', '172800']

type Result = Pick<BinaryResult, 'code' | 'stdout' | 'stderr'>

/** In this process, which takes less time. */
const run = async (args: readonly string[], stdin = '') => {
  const io = testIo()
  // eslint-disable-next-line @typescript-eslint/require-await
  const code = await main(args, io, async function* () {
    yield Buffer.from(stdin)
  })
  return { code, stdout: io.out(), stderr: io.err() }
}

/** Bytes that are no text are for the program alone. */
const thin = async (args: readonly string[], stdin: string | Uint8Array): Promise<Result> => {
  if (typeof stdin !== 'string') return runBinary('z3-thin', args, { stdin })
  const { stdout, ...result } = await run(args, stdin)
  return { ...result, stdout: Buffer.from(stdout) }
}

const linesOf = ({ stdout }: Result) => stdout.toString().split('\n').slice(0, -1)

void t.test('what is let go, oldest first, in whatever order it came', async (t) => {
  const gone = ['tank@3600', 'tank@86399', 'tank@86401']
  const kept = ['tank@0', 'tank@86400', 'tank@172800']
  for (const list of [LIST, LIST.toReversed()]) {
    const destroy = await thin(['1d1w', ...NOW], list.join(''))
    t.strictSame(linesOf(destroy), gone)
    t.equal(destroy.code, 0)
    t.equal(destroy.stderr, '')
    t.strictSame(linesOf(await thin(['1d1w', '--keep', ...NOW], list.join(''))), kept)
  }
})

void t.test('of equal times, the first line is the oldest', async (t) => {
  t.strictSame(linesOf(await thin(['1d1w', ...NOW], '5\tb\n5\ta\n5\tc\n')), ['a', 'c'])
})

void t.test('inclusive to the second', async (t) => {
  const one = '0\ttank@0\n'
  t.strictSame(linesOf(await thin(['1d1w', '--now=604800'], one)), [])
  t.strictSame(linesOf(await thin(['1d1w', '--now=604801'], one)), ['tank@0'])
})

void t.test('without --now, the time of day', async (t) => {
  const old = Math.trunc(Date.now() / 1000) - 700_000
  const young = old + 400_000
  t.strictSame(linesOf(await thin(['1d1w'], `${String(old)}\told\n${String(young)}\tyoung\n`)), [
    'old',
  ])
})

void t.test('without a schedule, the default', async (t) => {
  const day = 86_400
  const now = 400 * day
  const list = Array.from({ length: 400 }, (_, i) => `${String(i * day)}\t${String(i)}\n`).join('')
  const at = ['--now', String(now)]
  const byDefault = await thin(at, list)
  t.strictSame(byDefault.stdout, (await thin(['10,1d1w,1w1m,1m1y', ...at], list)).stdout)
  t.ok(linesOf(byDefault).length > 350)
})

void t.test('--explain', async (t) => {
  t.strictSame(linesOf(await thin(['2,1d1w,1w1y', '--explain', ...NOW], LIST.join(''))), [
    'tank@0\tkeep: 1d1w, 1w1y',
    'tank@3600\tdestroy: no rule keeps it',
    'tank@86399\tdestroy: no rule keeps it',
    'tank@86400\tkeep: 1d1w',
    'tank@86401\tkeep: the last 2',
    'tank@172800\tkeep: the last 2, 1d1w',
  ])
})

void t.test('--createtxg orders, whatever the times are', async (t) => {
  const list = '300\t7\told\n100\t12\tnewest\n90\t9\tnew\n'
  const args = ['--createtxg', '--now', '400']
  t.equal((await run([...args, '1'], list)).stdout, 'old\nnew\n')
  t.equal((await run([...args, '1', '--keep'], list)).stdout, 'newest\n')
  t.equal((await run([...args, '2'], list)).stdout, 'old\n')
  // the oldest of a block is the one taken first
  t.equal((await run([...args, '1d1w', '--keep'], list)).stdout, 'old\n')
  // names may have tabs, and numbers are not cut at 2^53
  t.equal(
    (await run(['--createtxg', '1'], '9\t18446744073709551615\tb\tc\n9\t18446744073709551614\ta\n'))
      .stdout,
    'a\n',
  )
  for (const line of ['9\ta\n', '9\tx\ta\n', '9\t\ta\n', '9\t5\t\n']) {
    const { code, stdout, stderr } = await run(['--createtxg', '1'], line)
    t.strictSame([code, stdout], [2, ''], line)
    t.match(stderr, /line 1 .* createtxg, .*\nhint: .*creation,createtxg,name/)
  }
})

void t.test('snapshots of the future are kept, with a note', async (t) => {
  const list = ['100\ta', '200\tb', '301\tahead', '302\tmore']
  const args = ['--now', '300', '--explain']
  // by time alone: not counted among the last
  for (const lines of [list, list.toReversed()]) {
    const { stdout, stderr } = await run([...args, '1'], `${lines.join('\n')}\n`)
    t.equal(
      stdout,
      'a\tdestroy: no rule keeps it\nb\tkeep: the last 1\n' +
        'ahead\tkeep: created in the future\n' +
        'more\tkeep: created in the future\n',
    )
    t.equal(
      stderr,
      'z3-thin: NOTE: 2 snapshots were created in the future and kept: check the clock\n',
    )
  }
  const { stdout } = await run(['--now', '300', '0'], `${list.join('\n')}\n`)
  t.equal(stdout, 'a\nb\n')
  const ordered = await run(
    ['--now', '300', '--createtxg', '1'],
    '301\t1\tahead\n100\t2\ta\n200\t3\tb\n',
  )
  t.equal(ordered.stdout, 'a\n')
  t.match(ordered.stderr, 'NOTE: 1 snapshot was created in the future')
})

void t.test('names are bytes', async (t) => {
  const name = Buffer.from([0xff, 0xc3, 0x28, 0x09, 0x20, 0x0d, 0x80])
  const line = Buffer.concat([Buffer.from('5\t'), name, Buffer.from('\n')])
  const { stdout } = await thin(['0'], line)
  t.strictSame(stdout, Buffer.concat([name, Buffer.from('\n')]))
})

void t.test('--null', async (t) => {
  const list = '5\ttwo\nlines\0' + '6\tb\0'
  for (const flag of ['--null', '-0']) {
    const { stdout, code } = await thin(['0', flag], list)
    t.equal(stdout.toString(), 'two\nlines\0b\0')
    t.equal(code, 0)
  }
})

void t.test('nothing in, nothing out', async (t) => {
  for (const args of [[], ['--keep'], ['--explain'], ['-0'], ['0']]) {
    const { code, stdout, stderr } = await thin(args, '')
    t.strictSame([code, stdout.toString(), stderr], [0, '', ''])
  }
})

void t.test('a line that is none: its number, and nothing is printed', async (t) => {
  const good = '5\ta\n'
  for (const [list, message] of [
    ['\n', /^z3-thin: line 1 of the input is not epoch seconds, .*: ''\nhint: /],
    [`${good}\n${good}`, /line 2 of the input is not epoch seconds/],
    [`${good}tank@a\t5\n`, /line 2 .*: 'tank@a\\x095'\n/],
    [`${good}5 b\n`, /line 2 /],
    [`${good}5\t\n`, /line 2 /],
    [`${good}-5\tb\n`, /line 2 /],
    [`${good}5.5\tb\n`, /line 2 /],
    [`${good}-\tb\n`, /line 2 /],
    [`${good}9007199254740992\tb\n`, /line 2 /],
    [`${good}Sun Nov 22 19:40 2026\tb\n`, /line 2 .*\nhint: .*zfs list -Hp/],
    [`CREATION  NAME\n${good}`, /line 1 /],
    ['\x1b[2J\n', /line 1 .*: '\\x1b\[2J'\n/],
    [`${good}6\tb\n7\ta\n`, /line 3 of the input repeats the name in line 1: 'a'\n/],
    [`${good}6\tb`, /line 2, the last of the input, is not terminated\n/],
    [`${good}6\tb\0`, /line 2, the last of the input, is not terminated\n/],
    ['x'.repeat(100_000), /line 1 of the input exceeds 65536 bytes\n/],
  ] as const) {
    const { code, stdout, stderr } = await run(['0'], list)
    const title = JSON.stringify(list.slice(0, 40))
    t.equal(code, 2, title)
    t.equal(stdout, '', title)
    t.match(stderr, message, title)
    t.equal(stderr.split('\n').length, 3, 'one line, and a hint')
  }
})

void t.test('a wrong command line', async (t) => {
  for (const [args, message] of [
    [['1d'], "z3-thin: schedule '1d': part 1, '1d', has an interval, but no time to live"],
    [['1d1w1m'], "z3-thin: schedule '1d1w1m': part 1, '1d1w1m', has text after its rule: '1m'"],
    [['0d1w'], 'has an interval of 0'],
    [['-5'], "schedule '-5': part 1, '-5', is negative"],
    [[''], 'the schedule is empty; use 0 to keep nothing'],
    [[' '], 'the schedule is empty'],
    [['5', '1d1w'], "unexpected argument '1d1w'"],
    [['--now', 'noon'], "--now: 'noon' is not a time in epoch seconds"],
    [['--now', '-1'], '--now'],
    [['--now', '1.5'], "--now: '1.5' is not"],
    [['--now='], '--now'],
    [['--keep', '--explain'], '--keep and --explain exclude each other'],
    [['--config', 'x'], 'unknown option --config'],
  ] as const) {
    const { code, stdout, stderr } = await run(args, LIST.join(''))
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '', args.join(' '))
    t.match(stderr, message, args.join(' '))
  }
})

void t.test('the exit status of the program itself', async (t) => {
  for (const [args, list] of [
    [['1d1w1m'], LIST.join('')],
    [['0'], '5\ta\nnonsense\n'],
  ] as const) {
    const { code, stdout, stderr } = await thin(args, list)
    t.strictSame([code, stdout.toString()], [2, ''])
    t.match(stderr, /^z3-thin: .*\nhint: .*\n$/)
  }
})

void t.test('--help has the schedule in words', async (t) => {
  const help = async (...args: readonly string[]) => (await run([...args, '--help'])).stdout
  t.match(await help(), 'Keep the last 10 snapshots.\n')
  t.match(await help(), 'Keep every 1 month, delete after 1 year.\n')
  const given = await help('--now', '7', '3,2d2w')
  t.match(given, 'Keep the last 3 snapshots.\nKeep every 2 days, delete after 2 weeks.\n')
  t.notMatch(given, 'Keep the last 10')
  // what is wrong does not keep help from helping
  t.match(await help('nonsense'), 'Keep the last 10 snapshots.\n')
})

void t.test('a reader that has enough', async (t) => {
  const { code, stdout, stderr } = await runShell(
    `set -o pipefail; seq 1 100000 | sed 's/\\(.*\\)/\\1\\ttank@\\1/' | z3-thin 0 | head -1`,
  )
  t.strictSame([code, stdout.toString(), stderr], [0, 'tank@1\n', ''])
})

void t.test('no room for the output', async (t) => {
  const { code, stderr } = await runShell(`printf '5\\ta\\n' | z3-thin 0 >/dev/full`)
  t.equal(code, 1)
  t.match(stderr, 'z3-thin: no space left')
})

void t.test('what cannot be read is not empty', async (t) => {
  const { code, stderr } = await runShell('z3-thin 0 < /')
  t.equal(code, 1)
  t.match(stderr, 'z3-thin: standard input is a directory')
  const io = testIo()
  // eslint-disable-next-line @typescript-eslint/require-await
  const status = await main(['0'], io, async function* () {
    yield Buffer.from('5\ta\n')
    throw new Error('read EIO')
  })
  t.equal(status, 1)
  t.equal(io.out(), '')
  t.match(io.err(), 'z3-thin: cannot read standard input: read EIO\nhint: ')
})

void t.test('a terminal as input: how to use it', async (t) => {
  const io = testIo({}, [0])
  t.equal(
    await main([], io, () => {
      throw new Error('it was read')
    }),
    2,
  )
  t.match(io.err(), /standard input is a terminal.* zfs list -Hp .*\| z3-thin/)
})

void t.test('names do nothing to a terminal', async (t) => {
  for (const [terminals, want] of [
    [[1], 'a\\x1b[2J\u00e9\n'],
    [[], 'a\x1b[2J\u00e9\n'],
  ] as const) {
    const io = testIo({}, terminals)
    t.equal(
      // eslint-disable-next-line @typescript-eslint/require-await
      await main(['0'], io, async function* () {
        yield Buffer.from('5\ta\x1b[2J\u00e9\n')
      }),
      0,
    )
    t.equal(io.out(), want)
  }
})

void t.test('a list that comes in pieces', async (t) => {
  const io = testIo()
  // eslint-disable-next-line @typescript-eslint/require-await
  const status = await main(['0'], io, async function* () {
    for (const byte of Buffer.from('5\ta\u00e9\n6\tb\n')) yield Buffer.from([byte])
  })
  t.equal(status, 0)
  t.equal(io.out(), 'a\u00e9\nb\n')
})

void t.test('a signal while it waits for its input', async (t) => {
  const { child, ended } = startBinary('z3-thin', ['0'], { stdin: OPEN })
  child.stdin?.write('5\ta\n')
  // it has begun to read once the pipe takes more than it holds
  const much = Buffer.alloc(1024 * 1024, '6\tb\n')
  child.stdin?.write(much, () => child.kill('SIGTERM'))
  const { signal, stdout } = await ended
  t.equal(signal, 'SIGTERM')
  t.equal(stdout.toString(), '')
})

void t.test('a file as input', async (t) => {
  const { code, stdout } = await runShell(
    `cd "$(mktemp -d)" && trap 'rm -r "$PWD"' EXIT
    printf '5\ta\n' > list && z3-thin 0 < list && z3-thin 0 < /dev/null`,
  )
  t.strictSame([code, stdout.toString()], [0, 'a\n'])
})
