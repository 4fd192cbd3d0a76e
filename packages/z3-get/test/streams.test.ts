import { readdirSync } from 'node:fs'
import { MIB } from '@z3/core'
import { pattern, runBinary, runShell, startBinary, startShell, until } from '@z3/fixtures'
import t from 'tap'
import { setup } from './setup.js'

const READER = 'z3-get: the program that reads the output ended before it had all of it\nhint: '

void t.test('through a pipe, under both names', async (t) => {
  const bucket = await setup(t)
  const data = pattern(17 * MIB + 3)
  bucket.fake.put('k', data)
  const { code, stdout, stderr } = await runBinary('z3-get', ['k'], {
    env: bucket.env,
  })
  t.equal(code, 0, stderr)
  t.ok(stdout.equals(data))
  for (const name of ['z3-get', 'z3_get']) {
    const { stdout: other } = await runShell(`${name} k`, { env: bucket.env })
    t.ok(other.equals(data), name)
  }
})

void t.test('a reader that leaves', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', pattern(20 * MIB))
  const { stdout, stderr } = await runShell(
    'z3-get k | head -c 10 | wc -c; echo "${PIPESTATUS[0]}"',
    { env: bucket.env },
  )
  t.match(String(stdout), /^10\n1\n$/)
  t.match(stderr, READER)
})

void t.test('a reader that is slow, and a pipe that does not block', async (t) => {
  const bucket = await setup(t)
  const data = pattern(3 * MIB)
  bucket.fake.put('k', data)
  // node sets its end of the pipe to non-blocking, and z3-get shares it
  const script = `
    const { spawn } = require('node:child_process')
    process.stdout._handle?.setBlocking?.(false)
    spawn('z3-get', ['k'], { stdio: ['ignore', 'inherit', 'inherit'] })
      .on('exit', (code) => { process.exitCode = code })`
  const { stdout, stderr } = await runShell(
    `node -e "$1" | { sleep 1; cat; }`.replace('"$1"', `'${script.replaceAll("'", '"')}'`),
    { env: bucket.env },
  )
  t.equal(stderr, '')
  t.ok(stdout.equals(data))
})

void t.test('a full disk', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', pattern(MIB))
  const { code, stderr } = await runShell('z3-get k > /dev/full', {
    env: bucket.env,
  })
  t.equal(code, 1)
  t.match(stderr, 'z3-get: no space left for the output\nhint: Free space')
})

const notRoot = process.getuid?.() !== 0 && 'a small file system needs root'

void t.test('a full disk under --output', { skip: notRoot }, async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', pattern(4 * MIB))
  const dir = t.testdir({ small: {} })
  const small = `${dir}/small`
  const mounted = await runShell(`mount -t tmpfs -o size=1m tmpfs ${small}`)
  t.equal(mounted.code, 0, mounted.stderr)
  const { code, stderr } = await runBinary('z3-get', ['-o', `${dir}/small/file`, 'k'], {
    env: bucket.env,
  })
  const left = readdirSync(`${dir}/small`)
  await runShell(`umount ${dir}/small`)
  t.equal(code, 1)
  t.match(stderr, /^z3-get: no space left for [^\n]*\nhint: Free space/)
  t.same(left, [])
})

void t.test('a signal leaves no file', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', pattern(20 * MIB))
  bucket.fake.faults = ({ op, nth }) =>
    op === 'GetObject' && nth > 1 ? { stall: true } : undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const dir = t.testdir({ [signal]: {} })
    const before = bucket.fake.requests.length
    const run = startBinary('z3-get', ['-s', '5M', '-o', `${dir}/${signal}/x`, 'k'], {
      env: bucket.env,
    })
    await until(
      'it reads',
      () =>
        bucket.fake.requests.slice(before).some(({ op }) => op === 'GetObject') &&
        readdirSync(`${dir}/${signal}`).length === 1,
    )
    run.child.kill(signal)
    const { signal: ended, stderr } = await run.ended
    t.equal(ended, signal)
    t.match(stderr, `z3-get: ended by ${signal}\n`)
    t.same(readdirSync(`${dir}/${signal}`), [])
  }
})

void t.test('a signal does not wait for a reader that does not read', async (t) => {
  const bucket = await setup(t)
  bucket.fake.put('k', pattern(20 * MIB))
  const dir = t.testdir({})
  const run = startShell(
    `{ z3-get k & echo $! > ${dir}/pid; wait $!; echo "$?" >&2; } | { echo "$BASHPID" > ${dir}/reader; exec sleep 60; }`,
    { env: bucket.env },
  )
  await until('it reads', () =>
    bucket.fake.requests.some(({ op, status }) => op === 'GetObject' && status),
  )
  await runShell(`kill -TERM "$(cat ${dir}/pid)"`)
  await until('it has ended', () => run.stderr().includes('143\n'))
  t.match(run.stderr(), 'z3-get: ended by SIGTERM\n')
  await runShell(`kill "$(cat ${dir}/reader)"`)
  await run.ended
})

void t.test('a signal while the server does not answer', async (t) => {
  const bucket = await setup(t, { faults: () => ({ stall: true }) })
  const run = startBinary('z3-get', ['k'], { env: bucket.env })
  await until('it has asked', () => bucket.fake.requests.length > 0)
  run.child.kill('SIGINT')
  t.equal((await run.ended).signal, 'SIGINT')
})
