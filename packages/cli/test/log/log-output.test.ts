import { fstatSync, openSync } from 'node:fs'
import { testIo } from '@z3/fixtures'
import { Z3Error } from '@z3/core'
import t from 'tap'
import { runCommand, writeLog, type CommandSpec, type Io } from '../../src/index.js'
import { earlyFormat, isJournal } from '../../src/log/log-format.js'
import { LogOutput } from '../../src/log/log-output.js'
import { LogTail } from '../../src/monitor/log-tail.js'

const openOutput = (format: 'text' | 'json', hasPriorities = false) => {
  const out: string[] = []
  const output = { write: (data: string | Uint8Array) => out.push(String(data)) }
  const log = new LogOutput(output, { name: 'prog', format, hasPriorities })
  const objects = () => {
    log.flush()
    return out
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>)
  }
  return { log, out, objects }
}

const ERROR = { level: 'error', message: 'a failed\n  b', code: 'config', hint: 'Do.' } as const

void t.test('text passes unchanged', (t) => {
  const { log, out } = openOutput('text')
  log.write('prog: half')
  t.same(out, ['prog: half'], 'at once')
  t.equal(log.log, undefined)
  writeLog(log, 'prog', ERROR)
  t.same(out[1], 'prog: a failed\n  b\nhint: Do.\n')
  t.end()
})

void t.test('JSON: one object per line', async (t) => {
  const { log, out, objects } = openOutput('json')
  writeLog(log, 'prog', { ...ERROR, dataset: 'tank/a' })
  log.write('prog: ha')
  log.write(Buffer.from('lf\nprog: refused\nhint: '))
  log.write('Type it.\n\nError: other\n')
  await Promise.resolve()
  t.equal(out.length, 4, 'nothing waits for a line to come')
  log.write('unfinished')
  const [first, ...others] = objects()
  const { time = '', ...fields } = first ?? {}
  t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.strictSame(fields, { program: 'prog', dataset: 'tank/a', ...ERROR })
  const parts = others.map(({ level, message, hint }) => [level, message, hint])
  t.strictSame(parts, [
    ['info', 'half', undefined],
    ['info', 'refused', 'Type it.'],
    ['info', 'Error: other', undefined],
    ['info', 'unfinished', undefined],
  ])
})

void t.test('priorities for the journal', (t) => {
  const { log, out } = openOutput('text', true)
  writeLog(log, 'prog', ERROR)
  log.write('prog: done\n')
  log.flush()
  t.equal(out.join(''), '<3>prog: a failed\n<3>  b\n<3>hint: Do.\n<6>prog: done\n')
  log.setFormat('json')
  writeLog(log, 'prog', { level: 'warning', message: 'x' })
  t.match(out.at(-1), /^<4>\{"time":.*\}\n$/)
  t.end()
})

void t.test('what asks for which form', (t) => {
  t.equal(earlyFormat([], {}), 'text')
  t.equal(earlyFormat(['a', '--log-format', 'json'], {}), 'json')
  t.equal(earlyFormat(['--log-format=json'], {}), 'json')
  t.equal(earlyFormat(['--log-format=text'], { Z3_LOG_FORMAT: 'json' }), 'text')
  t.equal(earlyFormat(['--', '--log-format=json'], {}), 'text')
  t.equal(earlyFormat([], { Z3_LOG_FORMAT: 'json' }), 'json')
  const fd = openSync('/dev/null', 'w')
  const { dev, ino } = fstatSync(fd)
  const stream = `${String(dev)}:${String(ino)}`
  t.equal(isJournal({ JOURNAL_STREAM: stream }, fd), true)
  t.equal(isJournal({ JOURNAL_STREAM: `${stream}0` }, fd), false, 'inherited, and redirected')
  t.equal(isJournal({ JOURNAL_STREAM: stream }, 987), false)
  t.equal(isJournal({}, fd), false)
  t.end()
})

const options = { quiet: { type: 'boolean' } } as const

const spec: CommandSpec<typeof options> = {
  name: 'prog',
  usage: '',
  description: 'Does a thing.',
  options,
  operands: { least: 0, most: 1 },
  takesCommand: false,
  examples: [],
  exitStatus: '',
  version: '1',
}

void t.test('--log-format of a command', async (t) => {
  const run = async (argv: readonly string[], format: 'text' | 'json' = 'text') => {
    const { log, out, objects } = openOutput(format)
    const io: Io = { ...testIo(), stderr: log }
    const status = await runCommand(spec, argv, io, () => {
      throw new Z3Error('locked', 'another run', { hint: 'Wait.' })
    })
    return { status, out, objects }
  }
  const { status, objects } = await run(['--log-format', 'json'])
  t.equal(status, 5)
  t.match(objects(), [{ code: 'locked', level: 'error', message: 'another run', hint: 'Wait.' }])
  t.same((await run([])).out, ['prog: another run\nhint: Wait.\n'])
  t.match((await run(['--bogus'], 'json')).objects(), [{ code: 'usage' }])
  const bad = await run(['--log-format', 'xml'])
  t.equal(bad.status, 2)
  t.match(bad.out.join(''), /text.*json/)
})

void t.test('the end of a log is text, whatever is written', (t) => {
  const { log, objects } = openOutput('json')
  const tail = new LogTail(log, 'prog', [])
  writeLog(tail, 'prog', ERROR)
  tail.write('prog: x\n')
  t.equal(tail.text, 'prog: a failed\n  b\nhint: Do.\nprog: x\n')
  t.equal(objects().length, 2)
  t.end()
})
