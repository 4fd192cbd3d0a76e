import { MIB } from '@z3/core'
import { pattern, procStatus, runBinary, runShell, startBinary, until } from '@z3/fixtures'
import t from 'tap'
import { setup } from './setup.js'

void t.test('a stream through a pipe, byte for byte', async (t) => {
  const bucket = await setup(t)
  const data = pattern(17 * MIB + 11)
  const { code, stdout, stderr } = await runBinary('pput', ['-s', '5M', 'k'], {
    env: bucket.env,
    stdin: data,
  })
  t.equal(code, 0, stderr)
  t.match(JSON.parse(String(stdout)), { parts: 4, bytes: data.length })
  t.ok((await bucket.get('k')).equals(data))
})

void t.test('--file-descriptor', async (t) => {
  const bucket = await setup(t)
  const { code, stderr } = await runShell(
    'pput -q --file-descriptor 5 k 5< <(printf five) </dev/null',
    { env: bucket.env },
  )
  t.equal(code, 0, stderr)
  t.equal(String(await bucket.get('k')), 'five')
})

void t.test('the descriptors of Node itself are not ours', async (t) => {
  for (const flag of ['--commit-fd', '--file-descriptor']) {
    const { code, stderr } = await runBinary('pput', [flag, '3', 'k'], {
      env: { BUCKET: 'bucket' },
      stdin: 'x',
    })
    t.equal(code, 2, flag)
    t.match(stderr, `pput: ${flag} 3 is not open\nhint: `)
  }
})

void t.test('memory stays within bounds', async (t) => {
  const bucket = await setup(t)
  // what the fake stores counts for the fake: keep only the length
  const { size } = { size: 400 * MIB }
  const args = ['-q', '--max-memory', '20M', 'k', '--', 'head', '-c', String(size), '/dev/zero']
  bucket.fake.faults = ({ uploadId }) => {
    for (const part of bucket.fake.uploads.get(uploadId ?? '')?.parts.values() ?? []) {
      Object.assign(part, { body: Buffer.alloc(0) })
    }
    return undefined
  }
  const run = startBinary('pput', args, { env: bucket.env })
  let peak = 0
  let over = false
  void run.ended.then(() => (over = true))
  await until('it ends', () => {
    peak = Math.max(peak, procStatus(run.child.pid, 'VmHWM'))
    return over
  })
  const { code } = await run.ended
  // the fake has forgotten most of it, and is found out
  t.equal(code, 3)
  t.ok(bucket.fake.requests.filter(({ op }) => op === 'UploadPart').length >= 80)
  t.comment(`peak ${String(Math.round(peak / MIB))} MiB`)
  t.ok(peak > 30 * MIB, 'it was measured')
  t.ok(peak < 200 * MIB, `${String(peak / MIB)} MiB`)
})

void t.test('who reads the result may leave', async (t) => {
  const bucket = await setup(t)
  const { stdout, stderr } = await runShell(
    'printf x | pput k | true; echo "${PIPESTATUS[@]}"; printf x | pput k2 2>&1 >/dev/full | cat; echo "${PIPESTATUS[@]}"',
    { env: bucket.env },
  )
  t.notMatch(String(stdout) + stderr, /\n +at /)
  t.match(String(stdout), /^0 0 0\n/)
  t.same(await bucket.keys(), ['k', 'k2'])
})
