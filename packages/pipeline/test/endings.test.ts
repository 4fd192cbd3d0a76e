import { ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { until } from '@z3/fixtures'
import t from 'tap'
import { failure, fake, program, run, sh, storage } from './setup.js'

const gone = (file: string): boolean => !existsSync(`/proc/${readFileSync(file, 'utf8').trim()}`)

const ENDLESS = program('cat', '/dev/zero')

void t.test('an abort ends every stage', async (t) => {
  const { stage, stored } = storage(t)
  const abort = new AbortController()
  const reason = new Error('enough')
  const listeners = () => ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name))
  const before = listeners()
  const running = run([ENDLESS, program('cat'), stage], {
    commit: true,
    signal: abort.signal,
    onStarted: () => {
      setTimeout(() => {
        abort.abort(reason)
      }, 50)
    },
  })
  t.equal(await running.catch((error: unknown) => error), reason)
  t.same(listeners(), before)
  t.notOk(stored())
  t.notOk(existsSync(`${stage.args[0] ?? ''}.part`), 'it could clean up')
})

void t.test('an abort before the start', async (t) => {
  const dir = t.testdir({})
  const reason = new Error('enough')
  await t.rejects(run([sh('touch "$1/x"', dir)], { signal: AbortSignal.abort(reason) }), reason)
  t.notOk(existsSync(`${dir}/x`))
})

void t.test('an abort that comes too late', async (t) => {
  const abort = new AbortController()
  const { stage, stored } = storage(t)
  const slow = sh('trap "" TERM; "$@" && sleep 0.3', stage.file, ...stage.args)
  const running = run([program('echo'), slow], {
    commit: true,
    signal: abort.signal,
  })
  await until('it is stored', stored)
  abort.abort()
  await running
  t.ok(stored(), 'what was done is not denied')
})

void t.test('the stage that commits is given time to clean up', async (t) => {
  // a signal is the second one to it, after the terminal's: it would not
  const dir = t.testdir({})
  const last = sh(
    'trap "touch \\"$1/signalled\\"; exit 1" TERM; touch "$1/begun"; cat > /dev/null; read -r word <&3 || sleep 0.5; touch "$1/clean"; exit 1',
    dir,
  )
  const abort = new AbortController()
  const running = run([ENDLESS, last], { commit: true, signal: abort.signal })
  await until('it runs', () => existsSync(`${dir}/begun`))
  abort.abort()
  await t.rejects(running, { name: 'AbortError' })
  t.ok(existsSync(`${dir}/clean`))
  t.notOk(existsSync(`${dir}/signalled`))
})

void t.test('an abort ends stages that take no notice', async (t) => {
  const dir = t.testdir({})
  const abort = new AbortController()
  const running = run(
    [0, 1, 2].map((i) => fake('stubborn', `${dir}/${String(i)}`)),
    {
      commit: true,
      signal: abort.signal,
      patience: { uncommitted: 50, terminated: 100 },
    },
  )
  const files = [0, 1, 2].map((i) => `${dir}/${String(i)}`)
  await until('all run', () => files.every((file) => existsSync(file)))
  abort.abort()
  await t.rejects(running, { name: 'AbortError' })
  t.ok(files.every(gone))
})

void t.test('a failure ends who hangs, upstream and downstream', async (t) => {
  const dir = t.testdir({})
  const [up, down] = [`${dir}/up`, `${dir}/down`]
  const error = await failure(
    [
      fake('stubborn', up),
      sh('until [ -e "$1/up" ] && [ -e "$1/down" ]; do sleep 0.1; done; exit 6', dir),
      fake('stubborn', down),
    ],
    {
      commit: true,
      patience: { upstream: 50, downstream: 100, terminated: 50 },
    },
  )
  t.equal(error.culprit, 1, error.message)
  t.same(
    error.stages.map(({ status }) => status),
    [
      { kind: 'killed', signal: 'SIGKILL' },
      { kind: 'exited', code: 6 },
      { kind: 'killed', signal: 'SIGKILL' },
    ],
  )
  t.ok(gone(up) && gone(down))
})

void t.test('SIGTERM is tried before SIGKILL', async (t) => {
  const error = await failure([sh('exec sleep 60 >&-'), sh('exit 6'), sh('exec sleep 60')], {
    patience: { upstream: 50, downstream: 50 },
  })
  t.equal(error.culprit, 1, error.message)
  t.same(error.stages[0]?.status, { kind: 'killed', signal: 'SIGTERM' })
  t.same(error.stages[2]?.status, { kind: 'killed', signal: 'SIGTERM' })
})

void t.test('who reads from a failed stage may end by itself', async (t) => {
  const dir = t.testdir({})
  const error = await failure([sh('exit 1'), sh('cat; sleep 0.5; touch "$1/ended"', dir)], {
    patience: { upstream: 0, terminated: 0 },
  })
  t.equal(error.culprit, 0)
  t.ok(existsSync(`${dir}/ended`))
})

void t.test('what does not end when it is killed is given up', async (t) => {
  // nothing here can hang in the kernel: its signals get lost instead
  const kill = t.capture(ChildProcess.prototype, 'kill', () => true)
  const file = `${t.testdir({})}/pid`
  const handles = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap')
  const before = handles()
  const error = await failure(
    [sh('until [ -e "$1" ]; do sleep 0.1; done; exit 6', file), fake('stubborn', file)],
    { patience: { downstream: 0, terminated: 0, killed: 10 } },
  )
  const pid = Number(readFileSync(file, 'utf8'))
  t.same(
    kill.args().map(([signal]) => signal),
    ['SIGTERM', 'SIGKILL'],
  )
  t.same(handles(), before, 'nobody waits for it')
  t.ok(process.kill(pid, 'SIGKILL'), 'and it runs')
  t.equal(error.culprit, 0)
  t.same(error.stages[1]?.status, { kind: 'running' })
  t.match(error.hint, /'stubborn' did not end after SIGKILL\.$/)
  await until('it is gone', () => gone(file))
})

/** Run a pipeline in a process of its own, which watches signals as cli does. */
const apart = (dir: string) => {
  const script = fileURLToPath(new URL('second-signal.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)))
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('exit', (_, signal) => {
      resolve(signal)
    })
  })
  return { child, ended, said: () => said }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  void t.test(`a second ${signal} kills at once`, async (t) => {
    const dir = t.testdir({})
    const { child, ended, said } = apart(dir)
    const files = [0, 1].map((i) => `${dir}/${String(i)}`)
    await until('it runs', () => files.every((file) => existsSync(file)))
    child.kill(signal)
    await until('it is ending', () => said().includes('ending'))
    t.notOk(files.some(gone))
    child.kill(signal)
    t.equal(await ended, signal)
    await until('none is left', () => files.every(gone))
    writeFileSync(`${dir}/done`, '')
  })
}
