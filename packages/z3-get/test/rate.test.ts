/** --rate of z3-get. No assertion on the rate itself: only that it is not exceeded. */
import t from 'tap'
import { get, setup } from './setup.js'

const BODY = Buffer.from(Array.from({ length: 400_000 }, (_, index) => index % 251))

void t.test('--rate', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', BODY)
  for (const more of [[], ['--concurrency', '4']]) {
    const begin = performance.now()
    const { status, body, err } = await get(t, ['--rate', '200K', ...more, 'k'], {
      ...bucket.env,
      // who waits for the throttle is not idle
      ANSWER_TIMEOUT: '1s',
    })
    const seconds = (performance.now() - begin) / 1000
    t.equal(status, 0, err)
    t.ok(body.equals(BODY))
    const least = BODY.byteLength / (200 * 1024) - 0.2
    // what the last read has brought has no time to wait for
    t.ok(seconds >= least - 0.2, `${String(seconds)} s, at least ${String(least)}`)
  }
})
