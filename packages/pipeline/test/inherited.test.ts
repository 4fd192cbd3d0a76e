import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const script = fileURLToPath(new URL('inherited.mjs', import.meta.url))

interface Result {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Run a pipeline in a process of its own, whose ends are pipes. */
const run = async (input: Uint8Array | string, ...words: readonly string[]): Promise<Result> => {
  const child = spawn(process.execPath, [script, ...words])
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // it may not read it
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return {
    code,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString(),
  }
}

void t.test('every byte, from our input to our output', async (t) => {
  const bytes = randomBytes(8 * 1024 * 1024)
  const sum = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
  for (const stages of [['cat'], ['cat', 'sleep 0.2; exec cat', 'cat']]) {
    const { code, stdout, stderr } = await run(bytes, 'inherit', 'inherit', ...stages)
    t.equal(stderr, 'captured ""\n', 'not captured')
    t.equal(sum(stdout), sum(bytes))
    t.equal(code, 0)
  }
})

void t.test('each end by itself', async (t) => {
  const input = await run('x', 'inherit', '-', 'cat')
  t.match(input, { stderr: 'captured "x"\n', stdout: Buffer.alloc(0) })
  const output = await run('x', '-', 'inherit', 'cat; printf y')
  t.match(output, { stderr: 'captured ""\n', stdout: Buffer.from('y') })
  t.match(await run('x', '-', '-', 'cat'), { stderr: 'captured ""\n' })
})

void t.test('our output is one that a program can wait for', async (t) => {
  // a program that takes EAGAIN for an error would lose the rest
  const { stdout } = await run(
    '',
    'inherit',
    'inherit',
    'grep flags /proc/self/fdinfo/0; grep flags /proc/self/fdinfo/1',
  )
  const flags = [...stdout.toString().matchAll(/flags:\s*(\d+)/g)].map((match) =>
    Number.parseInt(match[1] ?? '', 8),
  )
  t.equal(flags.length, 2)
  t.same(
    flags.map((flag) => flag & 0o4000),
    [0, 0],
  )
})

void t.test('whose fault it is', async (t) => {
  t.match(await run('x', 'inherit', 'inherit', 'cat; exit 3', 'cat'), {
    code: 1,
    stdout: Buffer.from('x'),
    stderr: 'culprit 0\n',
  })
  t.match(await run('x', 'inherit', 'inherit', 'cat', 'cat; exit 3'), {
    code: 1,
    stderr: 'culprit 1\n',
  })
})
