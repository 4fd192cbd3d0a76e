import t from 'tap'
import { findCulprit, type Commit } from '../src/find-culprit.js'

/**
 * A stage in short: status, `@` the milliseconds at which it was seen to end,
 * `!` if it had a signal of ours; what it said stands behind.
 */
const outcome = (text: string) => {
  const [, word = '', at, signalled, said] = /^(\w+)(?:@(\d+))?(!)?(?: (.*))?$/.exec(text) ?? []
  const status = /^\d+$/.test(word)
    ? ({ kind: 'exited', code: Number(word) } as const)
    : word === 'hangs'
      ? ({ kind: 'running' } as const)
      : word === 'missing' || word === 'idle'
        ? ({
            kind: 'not-started',
            cause: word === 'missing' ? new Error('missing') : undefined,
          } as const)
        : ({ kind: 'killed', signal: `SIG${word}` as NodeJS.Signals } as const)
  return {
    status,
    stderr: said === undefined ? [] : ['before', said, 'after'],
    endedAt: word === 'hangs' || word === 'idle' ? Infinity : Number(at ?? 0),
    signalled: signalled === '!',
  }
}

/** @param files the programs, where that matters */
const check = (
  what: string,
  stages: readonly string[],
  expected: string | undefined,
  commit: Commit = 'none',
  files: readonly string[] = [],
): void => {
  void t.test(what, (t) => {
    const outcomes = stages.map((text, index) => ({
      ...outcome(text),
      stage: { file: files[index] ?? 'x', args: [] },
    }))
    const culprit = findCulprit(outcomes, commit)
    t.equal(culprit && `${String(culprit.index)} ${culprit.why}`, expected)
    t.end()
  })
}

check('all is well', ['0', '0', '0'], undefined)
check('all is well, committed', ['0', '0', '0'], undefined, 'given')

check('the first', ['1', '0', '1@9'], '0 failed', 'withheld')
check('the first, killed', ['KILL', '0', '1@9'], '0 failed', 'withheld')
check('the middle', ['PIPE@5', '1', '1@9'], '1 failed', 'withheld')
check('the middle, killed', ['PIPE@5', 'KILL', '1@9'], '1 failed', 'withheld')
check('the last', ['PIPE@9', 'PIPE@5', '1'], '2 failed', 'awaited')
check('the last, killed', ['PIPE', 'PIPE', 'KILL'], '2 failed', 'awaited')
check('the last, after the commit', ['0', '0', '1@9'], '2 failed', 'given')

check(
  'what comes downstream later follows from what came first',
  ['1@100', '1@5000 unexpected end of file', '1@9000 incomplete stream'],
  '0 failed',
)
check(
  'ends that are reported in the wrong order',
  ['1@3', '1@2 unexpected end of file', '1@1 incomplete stream'],
  '0 failed',
)
check('what comes upstream later follows, too, without saying so', ['1@5000', '1@100'], '1 failed')

const brokenPipe = '1 x: write error: Broken pipe'
check('who could not write', [brokenPipe, '1@9'], '1 failed')
check('who could not write at all', [brokenPipe, '0@9'], '1 stopped-early')
const unclear = '1 ssh: Broken pipe'
check('who may not have been able to', [unclear, '1@9'], '1 failed')
check('it was killed all the same', ['KILL Broken pipe', '1@9'], '0 failed')
check('its reader is well', [unclear, '0@9'], '0 failed')
check('its reader is well, another not', [unclear, '0@5', '1@9'], '0 failed')
check(
  'a broken pipe through three stages',
  ['1@3 write EPIPE', '1@2 Broken pipe', '1@1 permission denied'],
  '2 failed',
)
check('what a shell says of SIGPIPE', ['141', '1@9'], '1 failed')
check('SIGPIPE of the last is its own', ['0', 'PIPE'], '1 failed')

check('a reader that had enough', ['PIPE', '0'], '1 stopped-early')
check(
  'a reader that had enough, in the middle',
  ['PIPE@2', '0@1', '1@5'],
  '1 stopped-early',
  'withheld',
)
check(
  'a reader that had enough, and what follows from it',
  ['PIPE@2', '0@1', '1@5 incomplete stream'],
  '1 stopped-early',
)

check(
  'the last had failed, and ended late: the commit was withheld by then',
  ['PIPE@5', 'PIPE@4', '1@5000'],
  '2 failed',
  'withheld',
)
check(
  'the last obeyed at once, the one whose fault it is ended later',
  ['PIPE@100', '0@5000', '1@200'],
  '1 stopped-early',
  'withheld',
)
check('the last did not wait', ['0@9', '0@5'], '1 did-not-wait', 'awaited')
check('the last did not obey', ['1', '0@500'], '0 failed', 'withheld')
check('it alone', ['0', '0'], '1 did-not-wait', 'withheld')

check('who we ended', ['TERM@5000!', '1', 'TERM@60000!'], '1 failed')
check('who we ended, and did not end', ['hangs!', '1', '0'], '1 failed')
check('a reader that closed its input and hung', ['PIPE', 'TERM@60000!'], '1 stopped-early')
check('all are ended by us', ['TERM!', 'TERM!'], '0 failed')

check('a missing program', ['idle', 'missing', '1@5'], '1 failed', 'withheld')
check('the first is missing', ['missing', '1@5', '1@9'], '0 failed')
check('the last is missing', ['idle', 'idle', 'missing'], '2 failed')

const PV = ['zfs', 'pv', 'pput']
check('pv ends with its reader', ['PIPE', '0', '1'], '2 failed', 'none', PV)
check('also later', ['PIPE', '0', '1@900'], '2 failed', 'withheld', PV)
check('and is not asked why', ['PIPE', '0', '0'], '2 stopped-early', 'none', PV)
check('pv alone', ['PIPE', '1', '0'], '1 failed', 'none', PV)
check('another program', ['PIPE', '0', '1@900'], '1 stopped-early', 'withheld')
check('pv at the end', ['PIPE', '0'], '1 stopped-early', 'none', ['zfs', 'pv'])

const BOTH = ['ssh', 'ssh']
const DENIED = '1@5 cannot receive new filesystem stream: permission denied'
check('ssh is silent when its reader is gone', ['255@5', DENIED], '1 failed', 'none', BOTH)
check('ssh that gives a reason', ['255@5 Connection reset', DENIED], '0 failed', 'none', BOTH)
check(
  'ssh that dies silently, and a reader that misses the rest',
  ['255@5', '1@9 cannot receive: incomplete stream'],
  '0 failed',
  'none',
  BOTH,
)
check('ssh that dies silently, and a reader that does not fail', ['255@5', '0@9'], '0 failed')
