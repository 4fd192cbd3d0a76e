import { runInside } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'

/** What a line of `z3 config` says. */
type Rows = Readonly<Record<string, readonly [value: string, source: string]>>

const FILE = `[main]
BUCKET = main-bucket
S3_KEY_ID = the-key
S3_SECRET = the%secret
SNAPSHOT_PREFIX = daily
COMPRESSOR = pigz4
[fs:tank]
COMPRESSOR = zstd
CHUNK_SIZE = 64M
[fs:tank/data]
s3_prefix = elsewhere
[compressor:brotli]
COMPRESS = brotli -c "two words"
DECOMPRESS = brotli -dc
`

const setup = (t: Test, file: string = FILE) => {
  const path = `${t.testdir({ 'z3.conf': file })}/z3.conf`
  const config = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runInside(main, ['config', ...args], { env: { Z3_CONFIG: path, ...env } })
  const rows = async (...args: Parameters<typeof config>): Promise<Rows> => {
    const { code, stdout, stderr } = await config(...args)
    t.equal(code, 0, stderr)
    const [head, ...lines] = String(stdout).trimEnd().split('\n')
    t.match(head, /^KEY +\| VALUE +\| SOURCE +$/)
    const cells = lines.map((line) => line.split(' | ').map((cell) => cell.trim()))
    return Object.fromEntries(
      cells.map(([key = '', value = '', source = '']) => [key, [value, source] as const]),
    )
  }
  return { path, config, rows }
}

void t.test('without any configuration', async (t) => {
  const { code, stdout, stderr } = await runInside(main, ['config', '--json'])
  t.equal(code, 0, stderr)
  const { file, settings } = JSON.parse(String(stdout)) as {
    file: unknown
    settings: readonly { key: string; value?: string; source: string }[]
  }
  t.equal(file, null)
  const of = (key: string) => settings.find((row) => row.key === key)
  t.strictSame(of('BUCKET'), { key: 'BUCKET', source: 'default' })
  t.match(of('S3_PREFIX'), { value: 'z3-backup/', source: 'default' })
  t.match(of('SNAPSHOT_PREFIX'), { value: 'zfs-auto-snap:daily' })
  t.match(of('COMPRESSOR'), { value: 'pigz1' })
})

void t.test('each value and where it comes from', async (t) => {
  const { path, rows } = setup(t)
  const env = { COMPRESSOR: 'xz', Z3_CONCURRENCY: '3', CONCURRENCY: '4' }
  const all = await rows(['--snapshot-prefix', ''], env)
  t.match(all, {
    BUCKET: ['main-bucket', `${path}:2 [main]`],
    SNAPSHOT_PREFIX: ['', '--snapshot-prefix'],
    COMPRESSOR: ['xz', 'environment variable COMPRESSOR'],
    CONCURRENCY: ['3', 'environment variable Z3_CONCURRENCY'],
    S3_PREFIX: ['z3-backup/', 'default'],
    FILESYSTEM: ['-', 'default'],
    CHUNK_SIZE: ['-', 'default'],
    '[compressor:brotli] COMPRESS': [/^brotli -c .*two words/, `${path}:13 [compressor:brotli]`],
    '[compressor:brotli] DECOMPRESS': ['brotli -dc', `${path}:14`],
  })
})

void t.test('of a dataset', async (t) => {
  const { path, rows } = setup(t)
  const tank = {
    FILESYSTEM: ['tank', 'environment variable Z3_FILESYSTEM'],
    COMPRESSOR: ['zstd', `${path}:8 [fs:tank]`],
    CHUNK_SIZE: ['64M', `${path}:9 [fs:tank]`],
    S3_PREFIX: ['z3-backup/', 'default'],
  }
  t.match(await rows([], { Z3_FILESYSTEM: 'tank' }), tank)
  const data = {
    FILESYSTEM: ['tank/data', '--filesystem'],
    S3_PREFIX: ['elsewhere/', `${path}:11 [fs:tank/data]`],
  }
  t.match(await rows(['tank/data']), data)
  t.match(await rows(['--dataset', 'tank/data', 'tank/data']), data)
})

void t.test('secrets', async (t) => {
  const { path, config, rows } = setup(t)
  t.match(await rows([]), {
    S3_KEY_ID: ['********', `${path}:3 [main]`],
    S3_SECRET: ['********', `${path}:4 [main]`],
  })
  for (const args of [[], ['--json'], ['--debug', '--verbose']]) {
    const { stdout, stderr } = await config(args, { S3_SECRET: 'in-the-env' })
    for (const text of [String(stdout), stderr]) {
      t.notMatch(text, /the%secret|in-the-env/)
    }
  }
})

void t.test('what is wrong', async (t) => {
  const cases = [
    ['COMPRESOR = zstd', /z3\.conf:2.*COMPRESOR.*COMPRESSOR/s],
    ['COMPRESSOR = zst', /z3\.conf:2.*'zst'.*zstd/s],
    ['CONCURRENCY = many', /z3\.conf:2.*'many'/s],
  ] as const
  for (const [line, told] of cases) {
    await t.test(line, async (t) => {
      const { config } = setup(t, `[main]\n${line}\n`)
      const { code, stdout, stderr } = await config([])
      t.equal(code, 2)
      t.equal(String(stdout), '')
      t.match(stderr, told)
    })
  }
  const { config } = setup(t)
  const two = await config(['--dataset', 'tank/a', 'tank/b'])
  t.equal(two.code, 2)
  t.match(two.stderr, "'tank/b' and --filesystem tank/a name different datasets")
})
