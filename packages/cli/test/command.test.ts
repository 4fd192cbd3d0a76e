import { getEventListeners } from 'node:events'
import { testIo } from '@z3/fixtures'
import { Z3Error } from '@z3/core'
import t from 'tap'
import {
  Interrupted,
  orAborted,
  untilAborted,
  reportError,
  repeatable,
  runCommand,
  usageError,
  type CommandSpec,
} from '../src/index.js'

const options = {
  size: { type: 'string', alias: 's', requiresArg: true },
  other: { type: 'string', requiresArg: true },
  item: repeatable({ type: 'string', requiresArg: true } as const),
  quiet: { type: 'boolean', alias: 'q' },
  json: { type: 'boolean' },
} as const

const spec: CommandSpec<typeof options> = {
  name: 'prog',
  usage: '[options] KEY [-- COMMAND]',
  description: 'Does a thing.',
  options,
  operands: { least: 1, most: 2 },
  takesCommand: true,
  conflicts: [['size', 'other']],
  examples: [['$0 x', 'an example']],
  exitStatus: '0 done.',
  version: '1.2.3',
}

/** The arguments that an action gets, or the status and what was said. */
const run = async (argv: readonly string[], more: Partial<typeof spec> = {}) => {
  const io = testIo()
  let args: unknown
  const status = await runCommand({ ...spec, ...more }, argv, io, (given) => {
    args = given
    return Promise.resolve(0)
  })
  return { status, args, out: io.out(), err: io.err() }
}

void t.test('what an action gets', async (t) => {
  t.match((await run(['k', '-s', '5M', '-q'])).args, {
    operands: ['k'],
    command: undefined,
    size: '5M',
    quiet: true,
  })
  const { args } = await run(['k', '--', 'sh', '-c', '--nope', '--', 'x'])
  t.match(args, {
    operands: ['k'],
    command: ['sh', '-c', '--nope', '--', 'x'],
  })
  t.match((await run(['007', '1e3'])).args, { operands: ['007', '1e3'] })
  t.match((await run(['--size=-1', 'k'])).args, { size: '-1' })
  t.match((await run(['-q', '-q', 'k'])).status, 0)
  t.match((await run(['--item', 'a=b=c', '--item', 'd', 'k'])).args, {
    item: ['a=b=c', 'd'],
  })
})

void t.test('a wrong command line', async (t) => {
  for (const [argv, message] of [
    [['--nope', 'k'], 'unknown option --nope'],
    [['-x', '--nope', 'k'], 'unknown option -x, --nope'],
    [['k', '-s'], '-s needs a value'],
    [['k', '--size'], '--size needs a value'],
    [['-s', '1', '--other', '2', 'k'], '--size and --other exclude each other'],
    [['-s', '1', '-s', '2', 'k'], '--size may be given only once'],
    [['--config', 'a', '--config', 'b', 'k'], '--config may be given only once'],
    [[], 'too few arguments: prog [options] KEY [-- COMMAND]'],
    [['a', 'b', 'c'], "unexpected argument 'c'"],
    [['k', '--'], "no command after '--'"],
    [['--no-quiet', 'k'], 'unknown option --no-quiet'],
  ] as const) {
    const { status, args, out, err } = await run(argv)
    t.equal(status, 2, argv.join(' '))
    t.equal(err, `prog: ${message}\nhint: See prog --help.\n`)
    t.equal(out, '')
    t.equal(args, undefined, 'nothing was done')
  }
})

void t.test('operands after --', async (t) => {
  const plain = { takesCommand: false }
  for (const [argv, operands] of [
    [['--', 'k'], ['k']],
    [['k', '--'], ['k']],
    [
      ['k', '--', '--size'],
      ['k', '--size'],
    ],
    [
      ['-q', '--', '-s', '--'],
      ['-s', '--'],
    ],
  ] as const) {
    const { args, err } = await run(argv, plain)
    t.match(args, { operands, command: undefined }, err)
  }
  for (const [argv, message] of [
    [['a', '--', 'b', 'c'], "unexpected argument 'c'"],
    [['--'], 'too few arguments'],
  ] as const) {
    const { status, args, err } = await run(argv, plain)
    t.equal(status, 2)
    t.match(err, message)
    t.equal(args, undefined, 'nothing was done')
  }
})

void t.test('--help and --version go to stdout', async (t) => {
  const help = await run(['--help'])
  t.equal(help.status, 0)
  t.match(help.out, /^Usage: prog \[options\] KEY/)
  t.match(help.out, /EXIT STATUS\n0 done\./)
  t.ok(help.out.split('\n').every((line) => line.length <= 80))
  t.same(await run(['-V']), {
    status: 0,
    out: '1.2.3\n',
    err: '',
    args: undefined,
  })
})

void t.test('--debug and --json are known before all else', async (t) => {
  const wrong = await run(['--json', '--debug', '--nope', 'k'])
  t.match(JSON.parse(wrong.out), {
    status: 'error',
    code: 'usage',
    message: 'unknown option --nope',
    hint: 'See prog --help.',
  })
  t.match(wrong.err, /\n +at /)
  const theirs = await run(['--nope', 'k', '--', 'x', '--json', '--debug'])
  t.equal(theirs.out, '')
  t.notMatch(theirs.err, /\n +at /)
})

void t.test('errors', (t) => {
  const report = (error: unknown, more = {}) => {
    const io = testIo()
    const options = { name: 'prog', debug: false, json: false, ...more }
    const status = reportError(error, io, options)
    return { status, out: io.out(), err: io.err() }
  }
  const cause = new Error('deep')
  const expected = new Z3Error('no-such-key', 'not there', {
    hint: 'Look again.',
    cause,
  })
  t.same(report(expected), {
    status: 4,
    out: '',
    err: 'prog: not there\nhint: Look again.\n',
  })
  t.match(report(expected, { debug: true }).err, /caused by: Error: deep\n +at /)
  const empty = new Z3Error('empty-input', "Can't upload zero bytes!")
  t.equal(report(empty).err, "Error: Can't upload zero bytes!\n")
  const defect = report(new TypeError('undefined is no function'))
  t.equal(defect.status, 1)
  t.match(defect.err, /^prog: internal error: undefined is no function\n.*\n +at /)
  for (const [signal, status] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    t.same(report(new Interrupted(signal), { json: true }), {
      status,
      out: `{"status":"error","code":"interrupted","message":"ended by ${signal}"}\n`,
      err: `prog: ended by ${signal}\n`,
    })
  }
  t.match(report('a string').err, 'prog: internal error: a string\n')
  t.equal(usageError(spec, 'see $0').message, 'see prog')
  t.end()
})

void t.test('orAborted', async (t) => {
  const stop = new AbortController()
  t.equal(await orAborted(stop.signal, Promise.resolve(7)), 7)
  const failure = new Error('failed')
  await t.rejects(orAborted(stop.signal, Promise.reject(failure)), failure)
  const reason = new Interrupted('SIGINT')
  const waiting = orAborted(stop.signal, new Promise(() => undefined))
  stop.abort(reason)
  await t.rejects(waiting, reason)
  await t.rejects(orAborted(stop.signal, new Promise(() => undefined)), reason)
})

void t.test('untilAborted', async (t) => {
  const stop = new AbortController()
  const listeners = (): number => getEventListeners(stop.signal, 'abort').length
  const seen: number[] = []
  const numbers = async function* () {
    yield* [1, 2, 3]
    await Promise.resolve()
  }
  for await (const one of untilAborted(stop.signal, numbers())) {
    seen.push(one)
    t.equal(listeners(), 1, 'one listener, however many items')
  }
  t.strictSame(seen, [1, 2, 3])
  t.equal(listeners(), 0)
  for await (const one of untilAborted(stop.signal, numbers())) if (one === 2) break
  t.equal(listeners(), 0)

  const failure = new Error('failed')
  // eslint-disable-next-line @typescript-eslint/require-await -- a listing that fails
  const failing = async function* () {
    yield 1
    throw failure
  }
  const drain = async (items: AsyncIterable<number>): Promise<void> => {
    for await (const one of untilAborted(stop.signal, items)) seen.push(one)
  }
  await t.rejects(drain(failing()), failure)
  const silent = async function* () {
    yield 1
    await new Promise(() => undefined)
  }
  const reason = new Interrupted('SIGINT')
  const waiting = drain(silent())
  setImmediate(() => {
    stop.abort(reason)
  })
  await t.rejects(waiting, reason)
  await t.rejects(drain(numbers()), reason, 'before it began')
  t.equal(listeners(), 0)
})

void t.test('a program that reads no configuration has no --config', async (t) => {
  const { status, err } = await run(['k', '--config', 'f'], {
    readsConfig: false,
  })
  t.equal(status, 2)
  t.match(err, 'unknown option --config')
  const help = (await run(['--help'], { readsConfig: false })).out
  t.notMatch(help, '--config')
  t.match(help, '--debug')
  t.match((await run(['--help'])).out, '--config')
})
