// scripts/bench --start-up: the processor time of short runs, beside an empty script
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { run } from './processes.mjs'
import { machine } from './report.mjs'
import { programs } from '../lib/bundle-options.mjs'
import { say } from './say.mjs'
import { spread } from './statistics.mjs'
import { environment, startTarget } from './targets.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What `--version`, `--help` and usage errors may cost, in empty scripts. */
const BOUND = 1.3

const EMPTY = 'an empty script'

/** Rows that print and end: each within the bound. The status is that of the program. */
const short = (name) => [
  { name: `${name} --version`, args: `--version`, program: name, bound: BOUND },
  { name: `${name} --help`, args: `--help`, program: name, bound: BOUND },
  { name: `${name} --nope`, args: `--nope`, program: name, bound: BOUND, fails: true },
]

const ROWS = [
  { name: EMPTY },
  ...Object.keys(programs).flatMap(short),
  {
    name: 'z3-thin, 10 lines',
    program: 'z3-thin',
    args: '10,1d1w',
    bound: BOUND,
    input: Array.from({ length: 10 }, (_, i) => `${1_700_000_000 + i * 3_600}\ttank@${i}\n`),
  },
  { name: 'pput, 1,000 bytes', program: 'pput', args: '-q "k$RUN"', input: ['x'.repeat(1_000)] },
  { name: 'z3 status, empty bucket', program: 'z3', args: 'status --filesystem tank' },
]

/** bash counts the program and its children to the millisecond; GNU time has no more than 10. */
const measure = async ({ program, args = '', fails, input }, number, { dir, env }) => {
  const times = join(dir, 'times')
  const script =
    program === undefined ? join(dir, 'empty.mjs') : `${root}packages/${program}/bin/${program}.js`
  const stdin = join(dir, 'input')
  await writeFile(stdin, (input ?? []).join(''))
  const ran = `time "$NODE" "$SCRIPT" ${args} < "$STDIN" > /dev/null 2>&3`
  const command = `TIMEFORMAT='%3U %3S'; { ${ran}; } 3>&2 2> "$TIMES"`
  const more = { TIMES: times, NODE: process.execPath, SCRIPT: script, STDIN: stdin, RUN: number }
  const failed = await run('bash', ['-c', command], { env: { ...env, ...more } }).then(
    () => false,
    (error) => {
      if (!fails) throw error
      return true
    },
  )
  if (fails && !failed) throw new Error(`${program} ${args} did not fail`)
  const [user, sys] = (await readFile(times, 'utf8')).trim().split(' ').map(Number)
  return user + sys
}

/** @returns the exit status: with --check 1 if a bound is missed */
export const benchStartUp = async (options, undo) => {
  const dir = await mkdtemp('/dev/shm/z3-bench-')
  undo.push(() => rm(dir, { recursive: true }))
  const blockFile = join(dir, 'block')
  await writeFile(blockFile, 'x')
  await writeFile(join(dir, 'empty.mjs'), '')
  await writeFile(join(dir, 'zfs'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  const target = await startTarget('sink', { size: 1, blockFile })
  undo.push(target.stop)
  const clean = environment(target.settings, dir)
  const env = { ...clean, PATH: `${dir}:${clean.PATH}` }
  const rows = ROWS.map((row) => ({ ...row, runs: [] }))
  for (let round = 0; round <= options.runs; round++) {
    say(round === 0 ? 'warm-up' : `round ${round} of ${options.runs}`)
    for (const row of rows) {
      const cpu = await measure(row, round, { dir, env })
      if (round > 0) row.runs.push(cpu)
    }
  }
  const median = ({ runs }) => spread(runs).median
  const empty = median(rows[0])
  const { cpus, model, memoryGiB, kernel, node, date } = machine()
  const lines = rows.map((row) => {
    const cells = [row.name, median(row).toFixed(3), (median(row) / empty).toFixed(2)]
    return `| ${cells.join(' | ')} |\n`
  })
  const missed = rows.filter((row) => row.bound && median(row) > row.bound * empty)
  process.stdout.write(
    `${date}: ${options.runs} rounds; ${cpus} CPUs (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}\n\n` +
      '| run | CPU s | × empty |\n| --- | ---: | ---: |\n' +
      lines.join('') +
      `\n- at most ${BOUND} × ${EMPTY}: ${missed.length === 0 ? 'ok' : `MISSED by ${missed.map(({ name }) => name).join(', ')}`}\n`,
  )
  return options.check && missed.length > 0 ? 1 : 0
}
