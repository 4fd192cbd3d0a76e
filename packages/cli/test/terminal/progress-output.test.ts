import { testIo } from '@z3/fixtures'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { expandWords } from '../../src/arguments/expand-words.js'
import { transferOptions } from '../../src/flags/shared-flags.js'
import { LiveLines } from '../../src/terminal/live-lines.js'
import { progressOutput } from '../../src/terminal/progress-output.js'

const live = new LiveLines(new PassThrough(), () => ({ columns: 80, rows: 24 }))
const XTERM = { TERM: 'xterm' }

void t.test('where progress is shown', (t) => {
  const kind = (
    when: string | undefined,
    { env = XTERM, terminals = [2], pv = false, isLog = false } = {},
  ) => {
    const io = { ...testIo(env, terminals), live }
    const stderr = isLog ? { ...io.stderr, log: () => undefined } : io.stderr
    return progressOutput(when, { ...io, stderr }, 'z3', pv)?.kind
  }
  for (const when of [undefined, 'auto', 'always']) {
    t.equal(kind(when), 'live')
    t.equal(kind(when, { env: { TERM: 'dumb' } }), 'plain')
    t.equal(kind(when, { pv: true }), 'pv')
  }
  t.equal(kind('auto', { terminals: [1] }), undefined, 'never in cron')
  t.equal(kind('auto', { terminals: [], pv: true }), undefined)
  t.equal(kind('always', { terminals: [] }), 'plain')
  t.equal(kind('plain', { terminals: [] }), 'plain')
  t.equal(kind('plain'), 'plain')
  t.equal(kind('none'), undefined)
  t.equal(kind('auto', { isLog: true }), undefined, 'a log in JSON')
  t.equal(kind('plain', { isLog: true }), 'plain')
  t.end()
})

void t.test('plain lines', (t) => {
  const io = testIo({})
  const output = progressOutput('plain', io, 'z3')
  t.equal(output?.kind, 'plain')
  if (output?.kind === 'plain') output.print('tank@a\x1b  1M')
  t.equal(io.err(), 'z3: tank@a\\x1b  1M\n')
  t.end()
})

void t.test('--progress takes a value only with an equals sign', (t) => {
  t.strictSame(
    expandWords(['--progress', 'tank', '--progress=plain', '--prog', '--', '--progress'], {
      ...transferOptions,
    }),
    ['--progress=always', 'tank', '--progress=plain', '--progress=always', '--', '--progress'],
  )
  t.end()
})
