import { existsSync, readFileSync } from 'node:fs'
import { MIB } from '@z3/core'
import { OPEN, pattern, runShell, startBinary, until } from '@z3/fixtures'
import t from 'tap'
import { isClean, setup } from './setup.js'

void t.test('a signal ends it and leaves nothing', async (t) => {
  const bucket = await setup(t)
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    const run = startBinary('pput', ['-s', '5M', 'k'], {
      env: bucket.env,
      stdin: OPEN,
    })
    run.child.stdin?.write(pattern(6 * MIB))
    const seen = bucket.fake.requests.length
    await until('a part is sent', () =>
      bucket.fake.requests.slice(seen).some(({ op, status }) => op === 'UploadPart' && status),
    )
    t.equal(bucket.fake.uploads.size, 1)
    run.child.kill(signal)
    const { code, signal: ended, stdout, stderr } = await run.ended
    // ended by the signal itself, which a shell reports as 128 + n
    t.same([code, ended], [null, signal], `128 + ${String(number)}`)
    t.match(stderr, `pput: ${signal}: cleaning up; repeat the signal to exit immediately\n`)
    t.match(stderr, `pput: ended by ${signal}\n`)
    t.notMatch(stderr, /\n +at /)
    t.equal(String(stdout), '')
    await isClean(t, bucket)
  }
})

void t.test('a shell sees 128 and the number', async (t) => {
  const bucket = await setup(t)
  const { stdout, stderr } = await runShell(
    `pput k -- sh -c 'echo x; touch begun; exec sleep 60' & p=$!
until [ -e begun ]; do sleep 0.1; done; kill -TERM $p; wait $p; echo $?`,
    { env: bucket.env, cwd: t.testdir({}) },
  )
  t.equal(String(stdout), '143\n', stderr)
})

void t.test('a signal does not wait for who vouches', async (t) => {
  const bucket = await setup(t)
  const producer = startBinary('pput', ['k', '--', 'sh', '-c', 'echo x; exec >&-; exec sleep 60'], {
    env: bucket.env,
  })
  const descriptor = startBinary('pput', ['--commit-fd', '3', 'k2'], {
    env: bucket.env,
    stdin: 'x',
    descriptors: ['pipe'],
  })
  await until(
    'both are sent',
    () =>
      bucket.fake.requests.filter(({ op, status }) => op === 'UploadPart' && status).length === 2,
  )
  for (const { child, ended } of [producer, descriptor]) {
    child.kill('SIGTERM')
    t.equal((await ended).signal, 'SIGTERM')
  }
  await isClean(t, bucket)
})

void t.test('the second signal ends it at once', async (t) => {
  const bucket = await setup(t)
  bucket.fake.faults = ({ op }) => (op === 'AbortMultipartUpload' ? { stall: true } : undefined)
  const run = startBinary('pput', ['k'], { env: bucket.env, stdin: OPEN })
  await until('it has begun', () => bucket.fake.uploads.size === 1)
  run.child.kill('SIGINT')
  await until('it cleans up', () => run.stderr().includes('cleaning up'))
  run.child.kill('SIGINT')
  // the abort is never answered: it would wait for ever
  t.equal((await run.ended).signal, 'SIGINT')
})

void t.test('a signal in the middle ends the producer, too', async (t) => {
  const bucket = await setup(t)
  const dir = t.testdir({})
  const run = startBinary(
    'pput',
    ['k', '--', 'sh', '-c', `echo $$ > ${dir}/pid; exec cat /dev/zero`],
    { env: bucket.env },
  )
  await until('it is sending', () => bucket.fake.requests.some(({ op }) => op === 'UploadPart'))
  run.child.kill('SIGTERM')
  t.equal((await run.ended).signal, 'SIGTERM')
  const pid = readFileSync(`${dir}/pid`, 'utf8').trim()
  t.notOk(existsSync(`/proc/${pid}`))
  await isClean(t, bucket)
})
