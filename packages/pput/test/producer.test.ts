import { existsSync, readFileSync } from 'node:fs'
import { runBinary } from '@z3/fixtures'
import t from 'tap'
import { isClean, setup } from './setup.js'

void t.test('the producer is run, and vouched for', async (t) => {
  const bucket = await setup(t)
  const { code, stderr } = await runBinary(
    'pput',
    ['-q', 'k', '--', 'sh', '-c', 'printf "%s|" "$@"', 'sh', 'a b', '--help'],
    { env: bucket.env },
  )
  t.equal(code, 0, stderr)
  t.equal(String(await bucket.get('k')), 'a b|--help|')
})

void t.test('a producer that fails leaves nothing', async (t) => {
  const bucket = await setup(t)
  for (const [script, message] of [
    ['head -c 0 /dev/urandom; exit 3', "'sh' exited 3"],
    ['head -c 1 /dev/urandom; exit 3', "'sh' exited 3"],
    ['head -c 20000000 /dev/urandom; exit 3', "'sh' exited 3"],
    ['echo x; kill -9 $$', "'sh' was killed by SIGKILL"],
    ['head -c 6000000 /dev/zero; kill -TERM $$', "'sh' was killed by SIGTERM"],
    ['echo x; exec >&-; sleep 0.2; exit 1', "'sh' exited 1"],
    ['exec >&-; sleep 0.2; exit 1', "'sh' exited 1"],
  ] as const) {
    const { code, stdout, stderr } = await runBinary(
      'pput',
      ['--quiet', 'k', '--', 'sh', '-c', script],
      { env: bucket.env },
    )
    t.equal(code, 1, script)
    t.equal(stderr, `pput: ${message}; nothing was stored\nhint: See its messages above.\n`)
    t.equal(String(stdout), '')
    await isClean(t, bucket)
  }
})

void t.test('a failure in the middle of a pipe of its own', async (t) => {
  const bucket = await setup(t)
  const { code } = await runBinary(
    'pput',
    ['k', '--', 'bash', '-o', 'pipefail', '-c', '(echo x; exit 4) | cat'],
    { env: bucket.env },
  )
  t.equal(code, 1)
  await isClean(t, bucket)
})

void t.test('a producer that cannot be run', async (t) => {
  const bucket = await setup(t)
  for (const [program, why] of [
    ['no-such-program', 'no such program'],
    ['/etc/passwd', 'not executable'],
  ] as const) {
    const { code, stderr } = await runBinary('pput', ['-q', 'k', '--', program], {
      env: bucket.env,
    })
    t.equal(code, 1)
    t.match(stderr, `pput: cannot run '${program}': ${why}\nhint: `)
    await isClean(t, bucket)
  }
})

void t.test('a producer that says nothing and succeeds', async (t) => {
  const bucket = await setup(t)
  const { code, stderr } = await runBinary('pput', ['-q', 'k', '--', 'true'], {
    env: bucket.env,
  })
  t.equal(code, 1)
  t.match(stderr, "Error: Can't upload zero bytes!\nhint: ")
  await isClean(t, bucket)
})

void t.test('a producer that closes its output and goes on', async (t) => {
  const bucket = await setup(t)
  const dir = t.testdir({})
  const { code, stderr } = await runBinary(
    'pput',
    ['-q', 'k', '--', 'sh', '-c', `echo x; exec >&-; sleep 0.5; touch ${dir}/end`],
    { env: bucket.env },
  )
  t.equal(code, 0, stderr)
  t.ok(existsSync(`${dir}/end`), 'it was waited for')
  t.equal(String(await bucket.get('k')), 'x\n')
})

void t.test('the upload fails: the producer is ended', async (t) => {
  const bucket = await setup(t)
  bucket.fake.faults = ({ op }) =>
    op === 'UploadPart' ? { status: 403, code: 'AccessDenied' } : undefined
  const dir = t.testdir({})
  // it ignores a closed pipe and SIGTERM, as a program that hangs would
  const script = `echo $$ > ${dir}/pid; trap '' TERM PIPE; head -c 9000000 /dev/zero; while sleep 0.1; do :; done`
  const { code } = await runBinary('pput', ['k', '--', 'sh', '-c', script], {
    env: bucket.env,
  })
  t.equal(code, 1)
  const pid = readFileSync(`${dir}/pid`, 'utf8').trim()
  t.notOk(existsSync(`/proc/${pid}`), 'it is gone')
  await isClean(t, bucket)
})
