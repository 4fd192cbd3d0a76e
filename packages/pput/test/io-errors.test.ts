import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { MIB } from '@z3/core'
import { ioErrors, pattern, runBinary, runShell, type IoError } from '@z3/fixtures'
import t from 'tap'

const hasGcc = () => {
  try {
    execFileSync('gcc', ['--version'])
    return true
  } catch {
    return false
  }
}

const skip = !hasGcc() && 'no gcc to build the library that makes calls fail'

const NEW = pattern(6 * MIB + 77, 2)
const OLD = pattern(100_000, 3)

const at = (call: IoError['call'], path: string, ...froms: readonly number[]): IoError[] =>
  froms.flatMap((from) =>
    (call === 'write' ? (['EIO', 'ENOSPC'] as const) : (['EIO'] as const)).map((errno) => ({
      call,
      path,
      from,
      errno,
    })),
  )

/** Where an upload into a directory can fail. */
const UPLOADS: readonly IoError[] = [
  ...at('write', '.pending', 1, 2),
  ...at('write', '.tmp', 1),
  ...at('fsync', '/store', 1, 2, 3, 4),
  ...at('rename', '/store', 1, 2),
  ...at('link', '/store', 1),
  ...at('read', '/input', 1, 3),
]

void t.test('uploads to a directory whose disk fails', { skip }, async (t) => {
  const dir = t.testdir({ input: NEW })
  const failing = await ioErrors(dir)
  const cases = UPLOADS.flatMap((error) => [false, true].map((exists) => ({ error, exists })))
  const judge = async ({ error, exists }: (typeof cases)[number], index: number) => {
    const home = `${dir}/${String(index)}`
    const store = `${home}/store`
    mkdirSync(store, { recursive: true })
    const env = { BUCKET: `file://${store}`, HOME: home }
    const { call, path, from, errno } = error
    const what = `${errno} from ${call} ${String(from)} of ${path}${exists ? ', overwriting' : ''}`
    if (exists) await runBinary('pput', ['-q', 'k'], { env, stdin: OLD })
    const put = await runShell(`exec pput -q --overwrite k < '${dir}/input'`, {
      env: { ...env, ...failing(error) },
    })
    const got = await runBinary('z3-get', ['-q', 'k'], { env })
    const isNew = got.code === 0 && got.stdout.equals(NEW)
    const isOld = exists ? got.code === 0 && got.stdout.equals(OLD) : got.code === 4
    // a rename or a link may not be needed; all others are
    if (call !== 'rename' && call !== 'link') t.not(put.code, 0, `${what}: noticed`)
    if (put.code === 0) t.ok(isNew, `${what}: no false success`)
    else {
      const isTold = /complet|exists, but a crash may/.test(put.stderr)
      t.ok(isOld || (isNew && isTold), `${what}: as it was; ${put.stderr}${got.stderr}`)
      t.match(put.stderr, /^pput: .+\n/, what)
      t.notMatch(put.stderr, /internal error|^ +at /m, what)
    }
    await runBinary('z3', ['cleanup', '--all', '--older-than', '0s'], { env })
    const left = readdirSync(store).filter((name) => name !== 'k.z3.json')
    const descriptor = left.length > 0 ? readFileSync(`${store}/k.z3.json`, 'utf8') : ''
    const isNamed = (name: string) => descriptor.includes(name.slice(2))
    t.strictSame(
      left.filter((name) => !isNamed(name)),
      [],
      `${what}: nothing is left`,
    )
  }
  const waiting = [...cases.entries()]
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await judge(one[1], one[0])
  }
  await Promise.all([work(), work(), work(), work()])
})

void t.test('downloads and filters whose disk fails', { skip }, async (t) => {
  const dir = t.testdir({ store: {}, input: NEW, out: '' })
  const failing = await ioErrors(dir)
  const env = { BUCKET: `file://${dir}/store`, HOME: dir }
  t.equal((await runBinary('pput', ['-q', 'k'], { env, stdin: NEW })).code, 0)
  const run = async (command: string, error: IoError) => {
    writeFileSync(`${dir}/out`, '')
    const ended = await runShell(`exec ${command} > '${dir}/out'`, {
      env: { ...env, ...failing(error) },
    })
    const what = `${command}: ${error.errno} from ${error.call} ${String(error.from)}`
    t.ok(ended.code === 1 || ended.code === 3, `${what}: ${String(ended.code)} ${ended.stderr}`)
    t.notMatch(ended.stderr, /internal error|^ +at /m, what)
    const out = readFileSync(`${dir}/out`)
    t.ok(out.byteLength < NEW.byteLength && NEW.subarray(0, out.byteLength).equals(out), what)
  }
  for (const error of [...at('read', '/store/k.', 1, 2, 3), ...at('write', '/out', 1)]) {
    await run('z3-get -q k', error)
  }
  for (const error of at('read', '/input', 1)) await run(`zstream-verify < '${dir}/input'`, error)
})
