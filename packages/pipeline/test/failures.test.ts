import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Stage } from '../src/index.js'
import { failure, fake, program, repeat, run, sh, storage } from './setup.js'

/** More than all pipes hold, so that every stage is at work. */
const BYTES = 4_000_000

const WHOLE = fake('produce', '/dev/zero', BYTES, 0)
const FILTER = fake('pass', 'all', 0)

const names = (stages: readonly Stage[], index: number) => stages[index]?.name ?? ''

/** What a stage that fails does, by what it is. */
const ENDS = [
  ['exits 1 at once', 0, 1, 'exited 1: my own reason'],
  ['exits 1 after a byte', 1, 1, 'exited 1: my own reason'],
  ['exits 3 in the middle', BYTES / 2, 3, 'exited 3: my own reason'],
  ['is killed at once', 0, 'KILL', 'was killed by SIGKILL'],
  ['is killed in the middle', BYTES / 2, 'KILL', 'was killed by SIGKILL'],
  ['crashes in the middle', BYTES / 2, 'ABRT', 'was killed by SIGABRT: my own reason'],
] as const

for (const length of [3, 4]) {
  for (let at = 0; at < length; at++) {
    for (const [what, bytes, end, status] of ENDS) {
      void t.test(`stage ${String(at)} of ${String(length)} ${what}`, async (t) => {
        const { stage: store, stored } = storage(t)
        const stages: Stage[] = [WHOLE, FILTER, FILTER, FILTER].slice(0, length - 1)
        stages.push(store)
        stages[at] =
          at === 0
            ? fake('produce', '/dev/zero', bytes, end, 'my own reason')
            : fake('pass', bytes, end, 'my own reason')
        const error = await failure(stages, { commit: true })
        t.equal(error.culprit, at, error.message)
        t.equal(error.message, `'${names(stages, at)}' ${status}`)
        t.equal(error.code, 'stage-failed')
        t.equal(error.stages.length, length)
        t.notOk(stored())
      })
    }
  }
}

void t.test('races: whoever is reported first', async (t) => {
  const gz = gzipSync(randomBytes(300_000))
  const dir = t.testdir({})
  const file = `${dir}/stream.gz`
  writeFileSync(file, gz)
  const half = Math.floor(statSync(file).size / 2)
  const gunzip = program('gzip', '-dc')
  const receive = fake('receive', 300_000)
  const whole = fake('produce', file, gz.length, 0)
  t.ok(await run([whole, gunzip, receive]), 'nobody fails')

  const cases: readonly (readonly [string, number, readonly Stage[]])[] = [
    // what reads from it fails of a stream that is cut short
    ['cut', 0, [fake('produce', file, half, 1, 'gone'), gunzip, receive]],
    ['cut at once', 0, [fake('produce', file, 0, 1, 'no'), gunzip, receive]],
    ['killed', 0, [fake('produce', file, half, 'KILL', 'x'), gunzip, receive]],
    ['the filter', 1, [whole, fake('pass', half, 1, 'bad data'), receive]],
    // what writes to it fails of a reader that is gone
    ['no permission', 2, [whole, gunzip, fake('pass', 0, 1, 'cannot receive')]],
    ['disk full', 2, [whole, gunzip, fake('pass', 9999, 1, 'out of space')]],
    ['reader killed', 2, [whole, gunzip, fake('pass', 9999, 'KILL', 'x')]],
    ['filter killed', 1, [whole, fake('pass', 5000, 'KILL', 'x'), receive]],
  ]
  for (const [what, culprit, stages] of cases) {
    await t.test(what, async (t) => {
      await repeat(30, async () => {
        const error = await failure(stages)
        t.equal(error.culprit, culprit, `${error.message} - ${String(error.hint)}`)
      })
    })
  }
})

void t.test('a reader that had enough', async (t) => {
  const { stage: store, stored } = storage(t)
  await repeat(10, async () => {
    const error = await failure(
      [
        { ...program('cat', '/dev/zero'), name: 'the writer' },
        { ...program('head', '-c', '10'), name: 'the reader' },
        store,
      ],
      { commit: true },
    )
    t.equal(error.message, "'the reader' exited 0 before it had read all output of 'the writer'")
    t.equal(error.culprit, 1)
    t.notOk(stored())
  })
})

void t.test('the last fails, and takes its time to end', async (t) => {
  const error = await failure([WHOLE, FILTER, sh('exec <&-; sleep 0.5; echo denied >&2; exit 4')], {
    commit: true,
  })
  t.equal(error.culprit, 2, error.message)
  t.match(error.message, / exited 4: denied$/)
})

void t.test('a stage that fails after it has closed its output', async (t) => {
  const { stage: store, stored } = storage(t)
  const error = await failure([sh('echo x; exec >&-; sleep 0.5; exit 5'), FILTER, store], {
    commit: true,
  })
  t.equal(error.culprit, 0, error.message)
  t.notOk(stored())
})

void t.test('what the error says', async (t) => {
  const error = await failure([
    { file: 'sh', args: ['-c', "echo one >&2; echo ' two ' >&2; exit 7"] },
    { file: 'cat', args: ['-', '-'] },
    { name: 'the\nlast', file: 'cat', args: [] },
  ])
  t.match(error, {
    name: 'Z3Error',
    code: 'stage-failed',
    message: `'sh -c 'echo one >&2; echo '\\'' two '\\'' >&2; exit 7'' exited 7: two`,
    hint: `'sh -c 'echo one >&2; echo '\\'' two '\\''…' exited 7, 'cat - -' exited 0, 'the last' exited 0.`,
    exitStatus: 1,
  })
  t.same(
    error.stages.map(({ status, stderr }) => ({ status, stderr })),
    [
      { status: { kind: 'exited', code: 7 }, stderr: ['one', ' two '] },
      { status: { kind: 'exited', code: 0 }, stderr: [] },
      { status: { kind: 'exited', code: 0 }, stderr: [] },
    ],
  )
})

void t.test('what a program of ours advises is passed on', async (t) => {
  const error = await failure([
    sh("echo 'pput: no' >&2; echo 'hint: Do this, or that.' >&2; exit 1"),
    { ...FILTER, name: 'next' },
  ])
  t.match(error.message, / exited 1: pput: no$/)
  t.match(error.hint, /^Do this, or that; .*, 'next' exited 0\.$/)
})

void t.test('a very long message is cut', async (t) => {
  const error = await failure([
    { name: 'long'.repeat(100), file: 'chatter', args: [] },
    FILTER,
  ]).catch((error: unknown) => error as Error)
  t.ok(error.message.length < 300)
  const said = await failure([sh('head -c 2000 /dev/zero | tr "\\0" x >&2; exit 1')])
  t.ok(said.message.length < 700)
})

void t.test('megabytes on standard error', async (t) => {
  const lines: string[] = []
  const error = await failure([fake('chatter', 20_000_000, 1), FILTER], {
    onStderr: (stage, line) => {
      if (stage === 0) lines.push(line)
    },
  })
  t.equal(error.message, "'chatter' exited 1: the last word")
  const { stderr = [] } = error.stages[0] ?? {}
  t.equal(stderr.length, 20)
  t.equal(stderr.at(-2), 'the quick brown fox ', 'where it was cut')
  t.ok(lines.length > 400_000, 'all of it was seen')
})

void t.test('bytes that are no UTF-8', async (t) => {
  const error = await failure([
    sh("printf 'no such snapshot \\377\\376\\033[31m' >&2; exit 1"),
    FILTER,
  ])
  t.ok(error.message.endsWith(' exited 1: no such snapshot \ufffd\ufffd\x1b[31m'))
})

void t.test('a child of a stage holds its standard error', async (t) => {
  const dir = t.testdir({})
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  const error = await failure(
    [sh('sleep 60 > /dev/null & echo $! > "$1/pid"; echo told >&2; exit 1', dir), FILTER],
    { patience: { messages: 50 } },
  )
  t.match(error.message, / exited 1: told$/)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(open(), before, 'we do not')
  await run([sh('read -r pid < "$1/pid"; kill "$pid"', dir)])
})

void t.test('the status of a program of ours is that of the whole', async (t) => {
  const cases: readonly (readonly [stage: Stage, exitStatus: number])[] = [
    [{ ...sh('exit 3'), ours: true }, 3],
    [{ ...sh('exit 6'), ours: true }, 6],
    [{ ...sh('exit 4'), ours: true }, 4],
    [{ ...sh('exit 2'), ours: true }, 1],
    [{ ...sh('exit 5'), ours: true }, 1],
    [{ ...sh('kill -9 $$'), ours: true }, 1],
    [sh('exit 3'), 1],
  ]
  for (const [stage, exitStatus] of cases) {
    const error = await failure([stage, sh('cat')])
    t.match(error, { exitStatus, code: 'stage-failed' }, stage.name ?? '')
  }
  const first = await failure([sh('exit 7'), { ...sh('cat; exit 3'), ours: true }])
  t.equal(first.exitStatus, 1, 'what follows from another failure is not asked')
})
