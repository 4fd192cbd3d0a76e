import { createHash, randomBytes } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { until } from '@z3/fixtures'
import t from 'tap'
import { runPipeline } from '../src/index.js'
import { env, failure, program, repeat, run, sh, storage } from './setup.js'

void t.test('what goes in comes out, and its ends are known', async (t) => {
  const { stages, stdout } = await run(
    [sh('echo one >&2; echo x'), program('cat'), sh('cat; printf two >&2')],
    { captureStdout: true },
  )
  t.equal(stdout, 'x\n')
  t.same(
    stages.map(({ status }) => status),
    Array(3).fill({ kind: 'exited', code: 0 }),
  )
  t.same(
    stages.map(({ stderr }) => stderr),
    [['one'], [], ['two']],
  )
})

void t.test('one stage alone', async (t) => {
  const { stdout } = await run([program('readlink', '/proc/self/fd/0')], {
    captureStdout: true,
  })
  t.equal(stdout, '/dev/null\n', 'its input is empty, never the terminal')
  t.equal((await run([sh('echo x')])).stdout, '')
  t.equal((await failure([sh('exit 9')])).message, "'exit 9' exited 9")
})

void t.test('none at all', async (t) => {
  await t.rejects(run([]), RangeError)
})

void t.test('64 MiB through three stages, every byte', async (t) => {
  const file = `${t.testdir({})}/random`
  const bytes = randomBytes(64 * 1024 * 1024)
  writeFileSync(file, bytes)
  const sum = createHash('sha256').update(bytes).digest('hex')
  const slow = sh('sleep 0.3; exec cat')
  for (const filter of [program('cat'), slow]) {
    const { stdout } = await run([program('cat', file), filter, program('sha256sum')], {
      captureStdout: true,
    })
    t.equal(stdout, `${sum}  -\n`)
  }
})

void t.test('a writer is never told to try again', async (t) => {
  // libuv hands out sockets; a non-blocking one would be EAGAIN for most
  const { stdout } = await run(
    [
      sh('head -c 3000000 /dev/zero; grep flags /proc/self/fdinfo/1 >&2'),
      sh('sleep 0.2; cat > /dev/null; grep flags /proc/self/fdinfo/0'),
    ],
    { captureStdout: true },
  )
  const flags = Number.parseInt(/flags:\s*(\d+)/.exec(stdout)?.[1] ?? '', 8)
  t.equal(flags & 0o4000, 0, stdout)
})

void t.test('commit is written when all others have exited 0', async (t) => {
  const dir = t.testdir({})
  const { stage, stored } = storage(t, dir)
  // it ends long after its output has
  const late = sh('echo x; exec >&-; until [ -e "$1/go" ]; do sleep 0.1; done', dir)
  const storing = run([late, program('cat'), stage], { commit: true })
  const file = stage.args[0] ?? ''
  await until('the stream has ended', () => existsSync(`${file}.part`))
  t.notOk(stored())
  writeFileSync(`${dir}/go`, '')
  await storing
  t.ok(stored())
  t.equal(readFileSync(file, 'utf8'), 'x\n')
})

void t.test('what the last stage is told, word for word', async (t) => {
  const words = `${t.testdir({})}/words`
  const last = sh('cat > /dev/null; cat <&3 > "$1"', words)
  await run([program('echo'), last], { commit: true })
  t.equal(readFileSync(words, 'utf8'), 'commit\n')
  await run([last], { commit: true })
  t.equal(readFileSync(words, 'utf8'), 'commit\n', 'alone')
  for (const end of ['exit 1', 'kill -9 $$', 'kill $$']) {
    writeFileSync(words, 'none')
    t.equal((await failure([sh(end), last], { commit: true })).culprit, 0)
    t.equal(readFileSync(words, 'utf8'), '', end)
  }
  const without = sh('cat; if cat <&3; then exit 1; fi 2> /dev/null')
  t.ok(await run([program('echo'), without]), 'no descriptor 3')
  t.ok(await run([without, last], { commit: true }), 'but for the last')
  const deaf = sh('exec 3<&-; cat > /dev/null; sleep 0.3')
  t.ok(await run([program('echo'), deaf], { commit: true }), 'it may be closed')
})

void t.test('who commits without a word is not believed', async (t) => {
  const { message } = await failure([sh('sleep 0.2'), { ...program('true'), name: 'hasty' }], {
    commit: true,
  })
  t.equal(message, "'hasty' exited 0 before it was told to commit")
  const { stages } = await failure([sh('exec sleep 60'), program('true')], {
    commit: true,
    patience: { upstream: 50 },
  })
  t.same(stages[0]?.status, { kind: 'killed', signal: 'SIGTERM' })
})

void t.test('the last fails, and another one later', async (t) => {
  const { culprit } = await failure([sh('sleep 0.5; exit 3'), sh('exit 4')], {
    commit: true,
  })
  t.equal(culprit, 1)
})

void t.test('the end of a long output is captured', async (t) => {
  const { stdout } = await run([sh('yes | head -c 5000000; echo end')], {
    captureStdout: true,
  })
  t.equal(stdout.length, 1024 * 1024)
  t.match(stdout, /y\nend\n$/)
})

void t.test('the process ids, in order', async (t) => {
  const pids: number[][] = []
  const { stdout } = await run([sh('echo $$'), sh('cat; echo $$'), sh('cat; echo $$')], {
    captureStdout: true,
    onStarted: (ids) => {
      pids.push([...ids])
    },
  })
  t.same(pids, [stdout.trim().split('\n').map(Number)])
})

void t.test('lines of standard error as they come', async (t) => {
  const lines: string[] = []
  await run([sh('echo a >&2; echo b'), sh('cat >&2; printf c >&2')], {
    onStderr: (stage, line) => {
      lines.push(`${String(stage)} ${line}`)
    },
  })
  t.same(lines.sort(), ['0 a', '1 b', '1 c'])
})

void t.test('pv writes to our standard error', async (t) => {
  const { stages, stdout } = await run([sh('echo x >&2'), sh('cat >&2; readlink /proc/$$/fd/2')], {
    captureStdout: true,
    progressStage: 1,
  })
  t.equal(stdout, `${readlinkSync('/proc/self/fd/2')}\n`)
  t.same(
    stages.map(({ stderr }) => stderr),
    [['x'], []],
  )
})

void t.test('a callback that throws ends the pipeline', async (t) => {
  const oops = () => {
    throw new TypeError('oops')
  }
  const endless = [program('cat', '/dev/zero'), sh('echo x >&2; cat > /dev/null')]
  for (const options of [{ onStarted: oops }, { onStderr: oops }]) {
    await t.rejects(run(endless, options), { message: 'oops' })
  }
})

void t.test('a program that cannot be run', async (t) => {
  const dir = t.testdir({ plain: 'text' })
  for (const [file, code, why] of [
    ['no-such-program', 'program-missing', 'no such program'],
    [`${dir}/plain`, 'stage-failed', 'not executable'],
  ] as const) {
    for (const at of [0, 1, 2, 3]) {
      const { stage, stored } = storage(t, dir)
      const stages = [program('cat', '/dev/zero'), program('cat'), program('cat'), stage]
      stages[at] = program(file)
      const error = await failure(stages, { commit: true })
      t.equal(error.code, code)
      t.equal(error.culprit, at)
      t.equal(error.message, `cannot run '${file}': ${why}`)
      t.same(
        error.stages.map(({ status }) => status.kind),
        stages.map((_, i) => (i > at ? 'exited' : 'not-started')),
      )
      t.notOk(stored())
    }
  }
  const long = await failure([
    program('cat'),
    program('true', 'x'.repeat(3_000_000)),
    program('cat'),
  ])
  t.equal(long.culprit, 1)
  t.match(long.message, /: its arguments are too long$/)
})

void t.test('the environment is the one that is given', async (t) => {
  const { stdout } = await run([program('env')], {
    env: { ...env, Z3_X: 'y', LC_ALL: 'C.UTF-8' },
    captureStdout: true,
  })
  // tap adds its own
  const lines = stdout.split('\n').filter((line) => /^(?:LANG|LC_|PATH|Z3)/.test(line))
  t.same(lines.sort(), [
    'LANG=C.UTF-8',
    'LC_CTYPE=C.UTF-8',
    'LC_MESSAGES=C',
    `PATH=${String(env.PATH)}`,
    // of a program of the toolkit, whose messages are read
    'Z3_LOG_FORMAT=text',
    'Z3_X=y',
  ])
})

void t.test('nothing is left open', async (t) => {
  const open = () => readdirSync('/proc/self/fd').length
  const listeners = () =>
    ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'unhandledRejection'].map((event) =>
      process.listenerCount(event),
    )
  const signal = new AbortController().signal
  const stage = sh('cat > /dev/null; read -r word <&3')
  const all = () =>
    Promise.allSettled(
      [
        [program('echo'), program('cat'), stage],
        [program('false'), program('cat'), stage],
        [program('cat', '/dev/zero'), program('true'), stage],
        [program('echo'), program('no-such-program'), stage],
        [program('echo'), program('cat'), program('no-such-program')],
        [program('true', 'x'.repeat(3_000_000)), program('cat'), stage],
        [program('echo'), program('cat', 'x'.repeat(3_000_000)), stage],
      ].map((stages) => runPipeline(stages, { env, signal, commit: true, captureStdout: true })),
    )
  await all()
  const before = [open(), listeners()]
  t.same(getEventListeners(signal, 'abort'), [])
  const results = await all()
  t.same(
    results.map(({ status }) => status === 'fulfilled'),
    [true, false, false, false, false, false, false],
  )
  // what was destroyed is closed in the next round of the event loop
  await new Promise((resolve) => setImmediate(resolve))
  t.same([open(), listeners()], before)
})

void t.test('many at a time', async (t) => {
  await repeat(40, async (time) => {
    const { stdout } = await run([program('echo', String(time)), program('cat'), program('cat')], {
      captureStdout: true,
    })
    t.equal(stdout, `${String(time)}\n`)
  })
})
