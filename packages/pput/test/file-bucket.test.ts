import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MIB } from '@z3/core'
import { OPEN, pattern, runBinary, runShell, startBinary, until } from '@z3/fixtures'
import t, { type Test } from 'tap'

/** Everything below a directory that is a file. */
const files = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

const setup = (t: Test) => {
  const directory = join(t.testdir({}), 'bucket')
  mkdirSync(directory)
  return { directory, env: { BUCKET: `file://${directory}` } }
}

void t.test('there and back, with metadata', async (t) => {
  const { env } = setup(t)
  const data = pattern(12 * MIB + 5)
  const key = 'z3-backup/tank/a b%+ü@x'
  const put = await runBinary('pput', ['-s', '5M', '--meta', 'isfull=true', key], {
    env,
    stdin: data,
  })
  t.equal(put.code, 0, put.stderr)
  t.match(String(put.stdout), /^\{"status": "success", "etag": "\\"[0-9a-f-]+\\""/)
  const get = await runBinary('z3-get', ['-s', '5M', key], { env })
  t.equal(get.code, 0, get.stderr)
  t.ok(get.stdout.equals(data))
  const told = await runBinary('z3-get', ['--metadata', key], { env })
  t.match(JSON.parse(String(told.stdout)), {
    key,
    size: data.length,
    metadata: { isfull: 'true' },
  })
  const again = await runBinary('pput', ['-q', key], { env, stdin: 'x' })
  t.equal(again.code, 3)
  const over = await runBinary('pput', ['-q', '--overwrite', key], {
    env,
    stdin: 'x',
  })
  t.equal(over.code, 0)
  t.equal(String((await runBinary('z3-get', [key], { env })).stdout), 'x')
})

void t.test('the commit rule holds', async (t) => {
  const { env, directory } = setup(t)
  for (const args of [
    ['k', '--', 'sh', '-c', 'head -c 20000000 /dev/urandom; exit 3'],
    ['k', '--', 'no-such-program'],
    ['k', '--', 'true'],
    ['k'],
  ]) {
    const { code, stdout } = await runBinary('pput', ['-q', ...args], { env })
    t.equal(code, 1, args.join(' '))
    t.equal(String(stdout), '')
    t.same(files(directory), [])
  }
  t.equal((await runBinary('z3-get', ['-q', 'k'], { env })).code, 4)
})

void t.test('a signal leaves nothing', async (t) => {
  const { env, directory } = setup(t)
  const run = startBinary('pput', ['-s', '5M', '--progress', 'k'], {
    env,
    stdin: OPEN,
  })
  run.child.stdin?.write(pattern(6 * MIB))
  await until('a part is there', () => run.stderr().includes('chunk 1'))
  t.not(files(directory).length, 0)
  run.child.kill('SIGINT')
  t.equal((await run.ended).signal, 'SIGINT')
  t.same(files(directory), [])
})

void t.test('no directory there', async (t) => {
  const { directory } = setup(t)
  const env = { BUCKET: `file://${directory}/none` }
  for (const { code, stderr } of [
    await runBinary('pput', ['-q', 'k'], { env, stdin: 'x' }),
    await runBinary('z3-get', ['-q', 'k'], { env }),
  ]) {
    t.equal(code, 1)
    t.match(stderr, `${directory}/none`)
    t.match(stderr, /^[^\n]+\nhint: [A-Z][^\n]*\.\n$/)
  }
})

const notRoot = process.getuid?.() !== 0 && 'mounting needs root'

void t.test('not writable, and full', { skip: notRoot }, async (t) => {
  const { env, directory } = setup(t)
  const mounted = await runShell(`mount -t tmpfs -o size=8m tmpfs ${directory}`)
  t.equal(mounted.code, 0, mounted.stderr)
  try {
    const full = await runBinary('pput', ['-q', 'k'], {
      env,
      stdin: pattern(12 * MIB),
    })
    t.equal(full.code, 1)
    t.match(full.stderr, /no space left/)
    t.match(full.stderr, /^[^\n]+\nhint: [A-Z][^\n]*\.\n$/)
    t.same(files(directory), [], 'nothing is left')
    // root may write anywhere, but not to what is mounted read-only
    await runShell(`mount -o remount,ro ${directory}`)
    const readOnly = await runBinary('pput', ['-q', 'k'], { env, stdin: 'x' })
    t.equal(readOnly.code, 1)
    t.match(readOnly.stderr, /^pput: [^\n]+\nhint: [A-Z][^\n]*\.\n$/)
  } finally {
    await runShell(`umount ${directory}`)
  }
})
