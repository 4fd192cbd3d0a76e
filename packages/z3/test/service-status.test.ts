/** What `systemctl status` shows of z3 verify and z3 prune. */
import { fakeBucket, testIo } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'
import { putAll, treeOf } from './prune-scene.js'

void t.test('the status text of verify and prune', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const now = Date.now() / 1000
  for (const dataset of ['tank/a', 'tank/b']) putAll(bucket.fake, treeOf(dataset, 4, now))
  const run = async (...argv: readonly string[]): Promise<readonly string[]> => {
    const texts: string[] = []
    const env = { ...bucket.env, HOME: t.testdirName, SNAPSHOT_PREFIX: '', Z3_RETENTION: '1' }
    const io = testIo(env)
    const show = ([line = '']: readonly string[]): void => {
      if (line !== texts.at(-1)) texts.push(line)
    }
    const status = { room: { width: 500, lines: 1 }, show }
    const code = await main(argv, { ...io, status })
    t.equal(code, 0, io.err())
    return texts
  }
  const counts = Array.from({ length: 9 }, (_, i) => `${String(i)} of 8 objects checked`)
  t.strictSame(await run('verify', '--level', 'head', '--all', '--quiet'), [
    ...['listing tank/a', 'listing tank/b', ...counts],
  ])
  t.strictSame(
    await run('verify', '--level', 'head', '--all', '--sample', '30%', '--quiet'),
    ['listing tank/a', 'listing tank/b', ...counts.slice(0, 4).map((x) => x.replace('8', '3'))],
    'of those that are chosen',
  )
  const data = await run('verify', '--level', 'data', '--quiet', 'tank/a')
  t.match(data.join('\n'), /^tank\/a@s0 \(1\/1\) {2}.*; 0 of 4 objects checked$/m)
  t.equal(data.at(-1), '4 of 4 objects checked')
  t.strictSame(await run('prune', '--all', '--force', '--quiet'), [
    ...['tank/a (1/2)  listing', 'tank/a (1/2)  0 of 1 objects done'],
    ...['tank/a (1/2)  1 of 1 objects done', 'tank/b (2/2)  listing'],
    ...['tank/b (2/2)  0 of 1 objects done', 'tank/b (2/2)  1 of 1 objects done'],
  ])
})
