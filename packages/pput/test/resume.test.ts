import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { MIB } from '@z3/core'
import { OPEN, pattern, runBinary, startBinary, until, type FakeS3Options } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { isClean, setup } from './setup.js'

const PART = 5 * MIB
const BODY = pattern(4 * PART + 1000)
const ARGS = ['-q', '--json', '--chunk-size=5M', '--resume', 'k']

/** A fake server, a state directory, and what is in it. */
const scene = async (t: Test, options?: FakeS3Options) => {
  const bucket = await setup(t, options)
  const state = t.testdir({})
  const env = { ...bucket.env, XDG_STATE_HOME: state }
  const journals = () => {
    try {
      // it is written under another name first
      return readdirSync(`${state}/z3`).filter((name) => name.endsWith('.json'))
    } catch {
      return []
    }
  }
  const count = (op: string) => bucket.fake.requests.filter((one) => one.op === op).length
  const stored = () =>
    bucket.fake.requests.filter((one) => one.op === 'UploadPart' && one.status === 200).length
  return { ...bucket, env, state, journals, count, stored }
}

/** Start an upload, and kill it when the server has three parts. */
const killed = async ({ env, stored, journals }: Awaited<ReturnType<typeof scene>>) => {
  const { child, ended } = startBinary('pput', ARGS, { env, stdin: OPEN })
  child.stdin?.write(BODY.subarray(0, 3 * PART + 1))
  await until('three parts', () => stored() >= 3 && journals().length === 1)
  child.kill('SIGKILL')
  await ended
}

void t.test('a run that was killed is continued', async (t) => {
  const bucket = await scene(t)
  await killed(bucket)
  t.equal((await bucket.pending()).length, 1)
  const [journal = ''] = bucket.journals()
  t.match(JSON.parse(readFileSync(`${bucket.state}/z3/${journal}`, 'utf8')), { key: 'k' })
  const before = bucket.count('UploadPart')
  const { code, stderr, stdout } = await runBinary('pput', ARGS, { env: bucket.env, stdin: BODY })
  t.equal(code, 0, stderr)
  t.match(stderr, /continuing an earlier upload of 'k': \d parts/)
  const sent = bucket.count('UploadPart') - before
  t.ok(sent <= 2, `${String(sent)} parts sent again`)
  t.equal(bucket.count('CreateMultipartUpload'), 1)
  const { reused_bytes: reused } = JSON.parse(stdout.toString()) as { reused_bytes: number }
  t.ok(reused >= 3 * PART, `${String(reused)} bytes`)
  t.ok((await bucket.get('k')).equals(BODY))
  t.same(bucket.journals(), [], 'the journal is gone')
  t.same(await bucket.pending(), [])
})

void t.test('without --resume, nothing is remembered', async (t) => {
  const bucket = await scene(t)
  const { env } = bucket
  const args = ARGS.filter((arg) => arg !== '--resume')
  const { code, stderr } = await runBinary('pput', args, { env, stdin: BODY })
  t.equal(code, 0, stderr)
  t.same(readdirSync(bucket.state), [])
})

void t.test('a failure aborts, and leaves no journal', async (t) => {
  const bucket = await scene(t)
  const { env } = bucket
  const args = [...ARGS, '--', 'sh', '-c', `head -c ${String(3 * PART)} /dev/zero; exit 7`]
  const { code, stderr } = await runBinary('pput', args, { env })
  t.equal(code, 1, stderr)
  t.match(stderr, 'exited 7; nothing was stored')
  await isClean(t, bucket)
  t.same(bucket.journals(), [])
})

void t.test('a second run of the key is refused', async (t) => {
  const bucket = await scene(t)
  const { env, count } = bucket
  const { child, ended } = startBinary('pput', ARGS, { env, stdin: OPEN })
  child.stdin?.write(BODY.subarray(0, 2 * PART))
  await until('a part', () => count('UploadPart') > 0)
  const second = await runBinary('pput', ARGS, { env, stdin: BODY })
  t.equal(second.code, 5, second.stderr)
  t.match(second.stderr, 'another run is using k')
  child.stdin?.end(BODY.subarray(2 * PART))
  const first = await ended
  t.equal(first.code, 0, first.stderr)
  t.ok((await bucket.get('k')).equals(BODY))
})

/** The file of a journal, and what it had in it while an upload ran that was then aborted. */
const journalOf = async ({ env, state, journals }: Awaited<ReturnType<typeof scene>>) => {
  const { child, ended } = startBinary('pput', ARGS, { env, stdin: OPEN })
  child.stdin?.write(BODY.subarray(0, 2 * PART + 1))
  await until('a journal', () => journals().length === 1)
  const file = `${state}/z3/${journals()[0] ?? ''}`
  const text = readFileSync(file, 'utf8')
  child.kill('SIGTERM')
  t.equal((await ended).signal, 'SIGTERM')
  return { file, text }
}

void t.test('a journal that is damaged costs time alone', async (t) => {
  const bucket = await scene(t)
  const { file } = await journalOf(bucket)
  t.same(bucket.journals(), [], 'aborted: nothing to continue')
  for (const text of ['', 'null', '{"version":1,"uploadId":7}']) {
    writeFileSync(file, text)
    const args = [...ARGS, '--overwrite']
    const { code, stderr } = await runBinary('pput', args, { env: bucket.env, stdin: BODY })
    t.equal(code, 0, stderr)
    t.notMatch(stderr, 'continuing')
    t.ok((await bucket.get('k')).equals(BODY))
  }
})

void t.test('a state directory that cannot be used is a note', async (t) => {
  const bucket = await scene(t)
  mkdirSync(`${bucket.state}/file`)
  writeFileSync(`${bucket.state}/file/z3`, '')
  const env = { ...bucket.env, XDG_STATE_HOME: `${bucket.state}/file` }
  const full = await runBinary('pput', ARGS, { env, stdin: BODY })
  t.equal(full.code, 0, full.stderr)
  t.match(full.stderr, 'pput: NOTE: the state of the upload is not remembered: ')
  const homeless = { ...bucket.env, HOME: '', XDG_STATE_HOME: '' }
  const args = [...ARGS, '--overwrite']
  const { code, stderr } = await runBinary('pput', args, { env: homeless, stdin: BODY })
  t.equal(code, 0, stderr)
  t.match(stderr, 'pput: NOTE: without HOME or XDG_STATE_HOME, this upload cannot be resumed')
})

void t.test('where parts may not be listed, all of them are sent', async (t) => {
  const bucket = await scene(t, {
    faults: ({ op }) => (op === 'ListParts' ? { status: 403, code: 'AccessDenied' } : undefined),
  })
  const { file, text } = await journalOf(bucket)
  writeFileSync(file, text)
  const { code, stderr } = await runBinary('pput', ARGS, { env: bucket.env, stdin: BODY })
  t.equal(code, 0, stderr)
  t.match(stderr, "pput: NOTE: the earlier upload of 'k' is not continued (see z3 cleanup): ")
  t.ok((await bucket.get('k')).equals(BODY))
})
