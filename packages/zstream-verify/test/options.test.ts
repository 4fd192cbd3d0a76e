import { readFileSync } from 'node:fs'
import { runBinary } from '@z3/fixtures'
import t from 'tap'
import { smallStream, StreamWriter, TOGUID } from '../../zstream/test/make-stream.js'

const GUID = String(TOGUID)

void t.test('another snapshot than was wanted', async (t) => {
  const full = smallStream()
  const increment = new StreamWriter().begin({ 48: 77n }).end().bytes
  for (const [stdin, args, code] of [
    [full, ['--guid', GUID, '--parent-guid', 'none'], 0],
    [increment, ['--guid', GUID, '--parent-guid', '77'], 0],
    [full, ['--guid', '1'], 3],
    [full, ['--parent-guid', '77'], 3],
    [increment, ['--parent-guid', 'none'], 3],
    [increment, ['--parent-guid', '78'], 3],
    [full, ['--guid', 'x'], 2],
    [full, ['--parent-guid', '0'], 2],
  ] as const) {
    const result = await runBinary('zstream-verify', args, { stdin })
    t.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`)
    if (code === 0) t.ok(result.stdout.equals(stdin))
    else t.ok(result.stdout.byteLength < stdin.byteLength, 'its end is not written')
  }
})

void t.test('--summary', async (t) => {
  const dir = t.testdir({})
  const stdin = smallStream()
  const { code } = await runBinary('zstream-verify', ['--summary', `${dir}/s`], { stdin })
  t.equal(code, 0)
  const summary: unknown = JSON.parse(readFileSync(`${dir}/s`, 'utf8'))
  t.match(summary, { package: false, streams: [{ toguid: GUID, fromguid: null }] })
  const lost = await runBinary('zstream-verify', ['--summary', `${dir}/no/s`], { stdin })
  t.equal(lost.code, 1)
  t.match(lost.stderr, /cannot write '.*\/no\/s': ENOENT/)
  t.ok(lost.stdout.byteLength < stdin.byteLength, 'who reads the stream sees that, too')
  const tried = await runBinary('zstream-verify', ['--try-summary', '/dev/full'], { stdin })
  t.equal(tried.code, 0)
  t.match(tried.stderr, /^zstream-verify: cannot write '\/dev\/full': ENOSPC/)
  t.ok(tried.stdout.equals(stdin), 'the stream is whole')
})
