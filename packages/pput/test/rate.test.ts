/** --rate of pput. No assertion on the rate itself: only that it is not exceeded. */
import { fakeBucket, testIo } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'

const BYTES = 300_000

void t.test('--rate', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const put = async (...args: readonly string[]) => {
    const io = testIo({ ...bucket.env, PATH: process.env['PATH'] ?? '' })
    const begin = performance.now()
    const status = await main([...args, 'k', '--', 'head', '-c', String(BYTES), '/dev/zero'], io)
    return { status, err: io.err(), seconds: (performance.now() - begin) / 1000 }
  }
  const { status, err, seconds } = await put('--rate', '200K')
  t.equal(status, 0, err)
  t.equal(bucket.fake.objects.get('k')?.body.byteLength, BYTES)
  const least = BYTES / (200 * 1024) - 0.2
  t.ok(seconds >= least, `${String(seconds)} s, at least ${String(least)}`)
  const bad = await put('--rate', '08:00 2M')
  t.equal(bad.status, 2)
  t.match(bad.err, "--rate: '08:00 2M' is not a bandwidth limit: '08:00' is not a time of day")
})
