import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testIo } from '@z3/fixtures'
import { Z3Error } from '@z3/core'
import t, { type Test } from 'tap'
import { monitorOptions, runCommand, type CommandSpec, type Io } from '../../src/index.js'
import { MARK } from '../../src/monitor/metrics.js'

const spec: CommandSpec<typeof monitorOptions> = {
  name: 'prog',
  usage: '[options] KEY',
  description: 'Does a thing.',
  options: monitorOptions,
  operands: { least: 0, most: 2 },
  takesCommand: false,
  monitored: () => 'prog',
  examples: [],
  exitStatus: '0 done.',
  version: '1.2.3',
}

type Work = (io: Io) => number | Promise<number>

const run = async (
  argv: readonly string[],
  work: Work = () => 0,
  env: Readonly<Record<string, string>> = {},
) => {
  const io = testIo(env)
  const status = await runCommand(spec, argv, io, async (_args, io) => work(io))
  return { status, err: io.err(), out: io.out() }
}

const fail: Work = () => {
  throw new Z3Error('stage-failed', 'zfs failed', { hint: 'See the log.' })
}

const values = (file: string): Record<string, string> =>
  Object.fromEntries(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^z3_/.test(line))
      .map((line) => line.split(/ (?=[^ ]*$)/) as [string, string]),
  )

const fileIn = (t: Test): string => join(t.testdir({}), 'z3.prom')

void t.test('METRICS_FILE', async (t) => {
  const file = fileIn(t)
  const mask = process.umask(0o077)
  const done = await run(['tank/a'], () => 0, { Z3_METRICS_FILE: file })
  process.umask(mask)
  t.same(done, { status: 0, err: '', out: '' })
  t.equal(statSync(file).mode & 0o777, 0o644, 'the collector may read it')
  t.same(readdirSync(join(file, '..')), ['z3.prom'], 'no temporary file is left')
  const success = values(file)['z3_last_success_timestamp_seconds{program="prog",run="tank/a"}']
  t.match(success, /^\d{10}$/)
  const failed = await run(['tank/a', '--metrics-file', file], fail)
  t.equal(failed.status, 1)
  t.equal(failed.err, 'prog: zfs failed\nhint: See the log.\n')
  t.match(values(file), {
    'z3_last_run_exit_status{program="prog",run="tank/a"}': '1',
    'z3_last_success_timestamp_seconds{program="prog",run="tank/a"}': success,
  })
  await run(['tank/b', '--metrics-file', file], ({ facts }) => {
    facts?.note('tank/b', 'bucket/', { newestBackup: 5 })
    return 0
  })
  t.match(values(file), {
    'z3_last_run_exit_status{program="prog",run="tank/a"}': '1',
    'z3_last_run_exit_status{program="prog",run="tank/b"}': '0',
    'z3_newest_backup_timestamp_seconds{program="prog",dataset="tank/b",target="bucket/"}': '5',
  })
})

void t.test('runs that end together lose nothing of each other', async (t) => {
  const file = fileIn(t)
  const names = Array.from({ length: 8 }, (_, index) => `tank/${String(index)}`)
  await Promise.all(names.map((name) => run([name, '--metrics-file', file])))
  const runs = Object.keys(values(file)).filter((line) => line.includes('exit_status'))
  t.equal(runs.length, names.length)
})

void t.test('a file that is not ours stays, and the run counts', async (t) => {
  const dir = t.testdir({ passwd: 'root:x:0:0\n', damaged: `${MARK}\nz3_chain_len`, empty: '' })
  const passwd = join(dir, 'passwd')
  const { status, err } = await run(['--metrics-file', passwd])
  t.equal(status, 0)
  t.equal(
    err,
    `prog: cannot write METRICS_FILE: ${passwd} exists and is not a metrics file of z3\n`,
  )
  t.equal(readFileSync(passwd, 'utf8'), 'root:x:0:0\n')
  const damaged = join(dir, 'damaged')
  t.match((await run(['--metrics-file', damaged])).err, 'is damaged: it is written anew')
  t.match(Object.keys(values(damaged)).length, 4)
  t.equal((await run(['--metrics-file', join(dir, 'empty')])).err, '')
  mkdirSync(join(dir, 'folder'))
  for (const file of ['folder', 'none/z3.prom', 'passwd/z3.prom']) {
    const { status, err } = await run(['--metrics-file', join(dir, file)])
    t.equal(status, 0, file)
    t.match(err, /^prog: cannot write METRICS_FILE: /)
  }
  t.equal((await run(['--metrics-file', '/dev/full'])).status, 0)
})

void t.test('a configuration that cannot be read', async (t) => {
  const dir = t.testdir({ 'bad.conf': '[main]\nMETRICS_FIEL=/x\n' })
  const bad = join(dir, 'bad.conf')
  const { status, err } = await run(['--config', bad])
  t.equal(status, 0)
  t.match(err, /^prog: the run is not reported to the monitoring: .*METRICS_FIEL/)
  const failed = await run(['--config', bad], fail)
  t.equal(failed.err, 'prog: zfs failed\nhint: See the log.\n', 'the program has reported an error')
  writeFileSync(bad, '[main]\n')
  t.equal((await run(['--config', bad], ({ facts }) => (facts ? 1 : 0))).status, 0)
})
