import { runShell, startBinary, until } from '@z3/fixtures'
import t from 'tap'
import { isClean, setup } from './setup.js'

void t.test('--commit-fd', async (t) => {
  const bucket = await setup(t)
  for (const [words, status] of [
    ['commit\n', 0],
    ['commit\nmore\n', 0],
    // a word cut short is no word
    ['commit', 1],
    ['', 1],
    ['abort\n', 1],
    ['commit \n', 1],
    ['committed\n', 1],
    ['\ncommit\n', 1],
  ] as const) {
    const key = `k${JSON.stringify(words)}`
    const run = startBinary('pput', ['-q', '--commit-fd', '3', key], {
      env: bucket.env,
      stdin: 'stream',
      descriptors: ['pipe'],
    })
    const pipe = run.child.stdio[3] as NodeJS.WritableStream
    pipe.end(words)
    const { code, stderr } = await run.ended
    t.equal(code, status, `${JSON.stringify(words)}: ${stderr}`)
    t.same((await bucket.keys()).includes(key), status === 0)
    t.same(await bucket.pending(), [])
    if (status !== 0) t.match(stderr, 'the stream was not committed')
  }
})

void t.test('nothing is completed before it is vouched for', async (t) => {
  const bucket = await setup(t)
  const run = startBinary('pput', ['-q', '--commit-fd', '3', 'k'], {
    env: bucket.env,
    stdin: 'stream',
    descriptors: ['pipe'],
  })
  await until('the part is sent', () =>
    bucket.fake.requests.some(({ op, status }) => op === 'UploadPart' && status),
  )
  t.same(await bucket.keys(), [])
  const pipe = run.child.stdio[3] as NodeJS.WritableStream
  pipe.end('commit\n')
  t.equal((await run.ended).code, 0)
  t.same(await bucket.keys(), ['k'])
})

void t.test('the words for --commit-fd are not taken from the stream', async (t) => {
  const bucket = await setup(t)
  const { code, stderr } = await runShell('printf x | pput -q --commit-fd 9 k 9<&-', {
    env: bucket.env,
  })
  t.equal(code, 2, stderr)
  await isClean(t, bucket)
})
