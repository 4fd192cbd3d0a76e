import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Retrier } from '../../src/s3/connection/retry.js'

const broken = (): Error => Object.assign(new Error('reset'), { code: 'ECONNRESET' })

const answer = (status: number): Error =>
  Object.assign(new Error('no'), { $metadata: { httpStatusCode: status } })

/** Fail some attempts, and count them. */
const failing = (...errors: Error[]) => {
  let attempts = 0
  return {
    attempt: () => {
      const error = errors[attempts++]
      return error ? Promise.reject(error) : Promise.resolve('done')
    },
    count: () => attempts,
  }
}

const message = async (promise: Promise<unknown>): Promise<string> => {
  try {
    return String(await promise)
  } catch (error) {
    return (error as Error).message
  }
}

void t.test('a server that never answered gets three attempts', async (t) => {
  const seen: unknown[] = []
  const retrier = new Retrier({
    attempts: 10,
    firstDelay: 1,
    onRetry: ({ attempt, attempts }) => seen.push([attempt, attempts]),
  })
  const { attempt, count } = failing(broken(), broken(), broken(), broken())
  t.equal(await message(retrier.run('try', attempt)), 'reset')
  t.equal(count(), 3)
  t.strictSame(seen, [
    [1, 3],
    [2, 3],
  ])
})

void t.test('one that did gets all', async (t) => {
  const retrier = new Retrier({ attempts: 6, firstDelay: 1 })
  await retrier.run('say hello', () => Promise.resolve())
  const { attempt, count } = failing(...Array.from({ length: 5 }, broken))
  t.equal(await retrier.run('try', attempt), 'done')
  t.equal(count(), 6)
})

void t.test('a 503 is an answer', async (t) => {
  const retrier = new Retrier({ attempts: 5, firstDelay: 1 })
  const { attempt, count } = failing(...Array.from({ length: 4 }, () => answer(503)))
  t.equal(await retrier.run('try', attempt), 'done')
  t.equal(count(), 5)
})

void t.test('what another attempt does not change', async (t) => {
  for (const status of [400, 403, 404, 412, 501]) {
    const retrier = new Retrier({ attempts: 5, firstDelay: 1 })
    const { attempt, count } = failing(answer(status))
    t.equal(await message(retrier.run('try', attempt)), 'no')
    t.equal(count(), 1, String(status))
  }
})

void t.test('patience is time', async (t) => {
  let now = 0
  // every attempt takes a minute
  const minutes = (...errors: Error[]) => {
    const { attempt, count } = failing(...errors)
    return {
      attempt: () => {
        now += 60_000
        return attempt()
      },
      count,
    }
  }
  const many = Array.from({ length: 100 }, broken)
  const policy = { firstDelay: 0, retryFor: 15 * 60_000, now: () => now }

  await t.test('without any success', async (t) => {
    const retrier = new Retrier(policy)
    await retrier.run('say hello', () => Promise.resolve())
    const { attempt, count } = minutes(...many)
    t.equal(await message(retrier.run('try', attempt)), 'reset')
    t.equal(count(), 15)
  })

  await t.test('of any request', async (t) => {
    const retrier = new Retrier(policy)
    await retrier.run('say hello', () => Promise.resolve())
    const { attempt, count } = minutes(...many)
    const other = async (): Promise<void> => {
      const done = attempt()
      if (count() === 10) await retrier.run('other', () => Promise.resolve())
      await done
    }
    t.equal(await message(retrier.run('try', other)), 'reset')
    t.equal(count(), 25)
  })

  await t.test('attempts bound it where they are set', async (t) => {
    const retrier = new Retrier({ ...policy, attempts: 4 })
    await retrier.run('say hello', () => Promise.resolve())
    const { attempt, count } = minutes(...many)
    t.equal(await message(retrier.run('try', attempt)), 'reset')
    t.equal(count(), 4)
  })

  await t.test('an attempt that achieves something does not count', async (t) => {
    const retrier = new Retrier({ ...policy, attempts: 2 })
    await retrier.run('say hello', () => Promise.resolve())
    const { attempt, count } = minutes(...many)
    const reading = retrier.run('try', async ({ progressed }) => {
      if (count() < 50) progressed()
      await attempt()
    })
    t.equal(await message(reading), 'reset')
    t.equal(count(), 51)
  })
})

void t.test('a server that takes long to answer is no unreachable one', async (t) => {
  const silent = (): Error =>
    Object.assign(new Error('no data within 60 s'), {
      code: 'ETIMEDOUT',
    })
  const nowhere = (): Error =>
    Object.assign(new Error('no connection within 8 s'), {
      code: 'ETIMEDOUT',
    })
  for (const [error, attempts] of [
    [silent, 6],
    [nowhere, 3],
  ] as const) {
    const retrier = new Retrier({ attempts: 6, firstDelay: 1 })
    const { attempt, count } = failing(...Array.from({ length: 9 }, error))
    t.equal(await message(retrier.run('try', attempt)), error().message)
    t.equal(count(), attempts)
  }
})

void t.test('an abort ends the pause between attempts', async (t) => {
  const retrier = new Retrier({ attempts: 3, firstDelay: 60_000 })
  const controller = new AbortController()
  const { attempt } = failing(broken(), broken())
  const running = message(retrier.run('try', attempt, controller.signal))
  await sleep(10)
  controller.abort(new Error('enough'))
  t.equal(await running, 'enough')
})
