import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Z3Error } from '@z3/core'
import t from 'tap'
import { isLocked, withLock, type LockSubject } from '../src/lock.js'

const never = new AbortController().signal
const quiet = () => undefined

/** Nobody else's, in whatever run. */
const subject = (name: string): LockSubject => ({
  dataset: `${name}-${String(process.pid)}`,
  destination: 'a bucket\nz3-backup/',
})

/** Another process that holds the lock and says so. */
const holder = async (dataset: string) => {
  const child = fork(fileURLToPath(new URL('hold-lock.mjs', import.meta.url)), [dataset])
  const ended = once(child, 'exit')
  await once(child, 'message')
  return {
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

void t.test('one at a time', async (t) => {
  const mine = subject('one')
  await withLock(mine, never, quiet, async () => {
    t.equal(await isLocked(mine), true)
    await t.rejects(
      withLock(mine, never, quiet, () => Promise.resolve()),
      {
        code: 'locked',
        exitStatus: 5,
        message: `another run is using ${mine.dataset} (pid ${String(process.pid)}, started `,
      },
    )
    const other = { ...mine, destination: 'another bucket' }
    t.equal(await withLock(other, never, quiet, () => Promise.resolve('ran')), 'ran')
  })
  t.equal(await isLocked(mine), false)
  t.equal(await withLock(mine, never, quiet, () => Promise.resolve(1)), 1)
})

void t.test('a failure releases it', async (t) => {
  const mine = subject('fails')
  const error = new Z3Error('stage-failed', 'x')
  await t.rejects(
    withLock(mine, never, quiet, () => Promise.reject(error)),
    error,
  )
  t.equal(await isLocked(mine), false)
})

void t.test('a living process keeps it, a dead one does not', async (t) => {
  const mine = subject('process')
  const other = await holder(mine.dataset)
  await t.rejects(
    withLock(mine, never, quiet, () => Promise.resolve()),
    { code: 'locked' },
  )
  await other.kill()
  t.equal(await isLocked(mine), true, 'it cannot be told yet')
  const said: string[] = []
  const result = await withLock(
    mine,
    never,
    (line) => said.push(line),
    () => Promise.resolve('taken over'),
  )
  t.equal(result, 'taken over')
  t.match(said, [/taking over the lock of .*, left by a dead run/])
  t.equal(said.length, 1)
})

void t.test('waiting for a dead run ends with the signal', async (t) => {
  const mine = subject('signal')
  const other = await holder(mine.dataset)
  await other.kill()
  const controller = new AbortController()
  const reason = new Error('enough')
  const result: unknown = await withLock(
    mine,
    controller.signal,
    () => {
      controller.abort(reason)
    },
    () => Promise.resolve(),
  ).catch((error: unknown) => error)
  t.equal(result, reason)
})
