import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../src/load-config.js'

const nothing = { flags: {}, env: {}, searchPlaces: [] }

void t.test('without anything', async (t) => {
  const loaded = await loadConfig(nothing)
  t.equal(loaded.settings.CONCURRENCY, 8)
  t.same(loaded.sources.CONCURRENCY, { kind: 'default' })
  t.equal(loaded.file, undefined)
  t.same(loaded.warnings, [])
})

void t.test('the layers, peeled off one by one', async (t) => {
  const dir = t.testdir({
    'z3.conf': '[main]\nCONCURRENCY=2\n[fs:tank]\nCONCURRENCY=3\n[fs:tank/a]\nCONCURRENCY=4',
    'empty.conf': '',
  })
  const configFile = join(dir, 'z3.conf')
  const dataset = 'tank/a/b'
  const steps: readonly [number, Parameters<typeof loadConfig>[0]][] = [
    [
      7,
      {
        flags: { CONCURRENCY: '7' },
        env: { Z3_CONCURRENCY: '6', CONCURRENCY: '5' },
        configFile,
        dataset,
      },
    ],
    [
      6,
      {
        flags: {},
        env: { Z3_CONCURRENCY: '6', CONCURRENCY: '5' },
        configFile,
        dataset,
      },
    ],
    [5, { flags: {}, env: { CONCURRENCY: '5' }, configFile, dataset }],
    [4, { flags: {}, env: {}, configFile, dataset }],
    [3, { flags: {}, env: {}, configFile, dataset: 'tank/ab' }],
    [2, { flags: {}, env: {}, configFile, dataset: 'pool' }],
    [2, { flags: {}, env: {}, configFile }],
    [8, { flags: {}, env: {}, configFile: join(dir, 'empty.conf'), dataset }],
  ]
  for (const [expected, input] of steps) {
    t.equal((await loadConfig(input)).settings.CONCURRENCY, expected)
  }
})

void t.test('many datasets, one reading', async (t) => {
  const configFile = join(
    t.testdir({
      'z3.conf': '[main]\nFILESYSTEM=tank/a\n[fs:tank]\nCOMPRESSOR=gpg',
    }),
    'z3.conf',
  )
  const all = await loadConfig({ flags: {}, env: {}, configFile })
  t.equal(all.settings.COMPRESSOR, 'pigz1')
  const one = all.forDataset(all.settings.FILESYSTEM)
  t.equal(one.settings.COMPRESSOR, 'gpg')
  t.equal(one.file, configFile)
  t.equal(one.forDataset(undefined).settings.COMPRESSOR, 'pigz1')
})

void t.test('which file', async (t) => {
  const dir = t.testdir({
    a: '[main]\nBUCKET=aaa',
    b: '[main]\nBUCKET=bbb',
    c: '[main]\nBUCKET=ccc',
  })
  const at = (name: string) => join(dir, name)
  const searchPlaces = [at('absent'), at('c'), at('b')]
  const bucket = async (env: NodeJS.ProcessEnv, configFile?: string) =>
    (await loadConfig({ flags: {}, env, configFile, searchPlaces })).settings.BUCKET
  t.equal(await bucket({ Z3_CONFIG: at('b') }, at('a')), 'aaa')
  t.equal(await bucket({ Z3_CONFIG: at('b') }), 'bbb')
  t.equal(await bucket({ Z3_CONFIG: '' }), 'ccc', 'the first that exists')
  await t.rejects(bucket({}, at('absent')), {
    message: `cannot read ${at('absent')}, named by --config: no such file or directory`,
  })
  await t.rejects(bucket({ Z3_CONFIG: at('absent') }), {
    message: `cannot read ${at('absent')}, named by Z3_CONFIG: no such file or directory`,
  })
  await t.rejects(bucket({}, ''), {
    code: 'usage',
    message: '--config: empty value (allowed: a file)',
  })
})

void t.test('the usual places', async (t) => {
  const dir = t.testdir({
    z3: { 'config.yaml': 'main:\n  BUCKET: abc\n  S3_REGION: eu\n' },
  })
  const env = { XDG_CONFIG_HOME: dir }
  const { file } = await loadConfig({ flags: {}, env })
  // unless this machine has one of its own in /etc
  t.match(file, /^(\/etc\/.*|.*\/z3\/config\.yaml)$/)
})

void t.test('one problem is one line', async (t) => {
  const configFile = join(t.testdir({ z: '[main]\n\nBUCKET = X' }), 'z')
  await t.rejects(loadConfig({ flags: {}, env: {}, configFile }), {
    code: 'config',
    exitStatus: 2,
    message: new RegExp(`^${configFile}:3: BUCKET in \\[main\\]: 'X' is not a`),
    hint: 'Correct these lines.',
  })
})

void t.test('all problems at once', async (t) => {
  const configFile = join(
    t.testdir({ z: '[main]\nBUKET = abc\nS3_SECRET = hush\nword\n[fs]\n' }),
    'z',
  )
  const inFile = [
    `  ${configFile}:2: unknown key 'BUKET' in [main] (did you mean BUCKET?)`,
    `  ${configFile}:4: invalid line (allowed: [section], KEY = value, or a comment line that starts with # or ;)`,
    `  ${configFile}:5: unknown section [fs] (allowed: [main], [fs:DATASET], [compressor:NAME])`,
  ]
  await t.rejects(loadConfig({ flags: {}, env: {}, configFile }), {
    message: [`3 problems in ${configFile}`, ...inFile].join('\n'),
    hint: /^The keys are BUCKET, S3_KEY_ID, .* S3_ENDPOINT or HOST, .*\.$/,
  })
  const env = { CONCURRENCY: 'x' }
  await t.rejects(loadConfig({ flags: {}, env, configFile }), {
    message: [
      '4 problems in the configuration',
      "  environment variable CONCURRENCY: 'x' is not a number (allowed: an integer of at least 1)",
      ...inFile,
    ].join('\n'),
  })
  await t.rejects(
    loadConfig({ flags: { CONCURRENCY: 'x' }, env, configFile }),
    { code: 'usage', message: /^--concurrency: / },
    'bad usage comes first',
  )
  await t.rejects(loadConfig({ ...nothing, env }), {
    code: 'config',
    message: /^environment variable CONCURRENCY: /,
  })
})

void t.test('half a pair of credentials', async (t) => {
  await t.rejects(loadConfig({ ...nothing, env: { S3_KEY_ID: 'AKIAHUSH' } }), {
    code: 'config',
    message: 'environment variable S3_KEY_ID: S3_KEY_ID is set, but not S3_SECRET',
  })
  const configFile = join(t.testdir({ z: '[main]\nS3_SECRET=hush' }), 'z')
  await t.rejects(loadConfig({ flags: {}, env: {}, configFile }), {
    message: `${configFile}:2 [main]: S3_SECRET is set, but not S3_KEY_ID`,
  })
  const env = { S3_KEY_ID: 'AKIA' }
  const { settings } = await loadConfig({ flags: {}, env, configFile })
  t.equal(settings.S3_SECRET, 'hush', 'they may stand in two places')
})

void t.test('warnings are data', async (t) => {
  const dir = t.testdir({
    secret: '[main]\nS3_KEY_ID=a\nS3_SECRET=hush',
    open: '[main]\nBUCKET=abc',
  })
  const warnings = async (name: string, mode: number) => {
    const configFile = join(dir, name)
    chmodSync(configFile, mode)
    const env = { Z3_BUKET: 'abc' }
    return (await loadConfig({ flags: {}, env, configFile })).warnings
  }
  const misspelt = 'environment variable Z3_BUKET sets nothing (did you mean Z3_BUCKET?)'
  t.same(await warnings('open', 0o644), [misspelt])
  t.same(await warnings('secret', 0o640), [misspelt])
  t.same(await warnings('secret', 0o644), [
    misspelt,
    `${join(dir, 'secret')} contains credentials and is readable by every user`,
  ])
})

void t.test('no message holds a secret, whatever is wrong', async (t) => {
  const texts: Record<string, string> = {
    'twice.conf': '[main]\nS3_SECRET = hush\nS3_SECRET = hush',
    'section.conf': '[fs:tank]\nS3_SECRET = hush\nS3_KEY_ID = hush',
    'continued.conf': '[main]\nS3_SECRET = x\n  hush',
    'broken.conf': '[main]\nS3_SECRET = x\nhush+hush/hush==',
    'bare.conf': 'S3_SECRET = hush',
    'misspelt.conf': '[main]\nS3_SECRT = hush',
    'control.conf': '[main]\nS3_SECRET = hush\u0007',
    'half.conf': '[main]\nS3_SECRET = hush',
    'list.yaml': 'main:\n  S3_SECRET: [hush]',
    'top.yaml': 'S3_SECRET: hush',
    'open.yaml': 'main:\n  S3_SECRET: "hush',
    'open.json': '{"main": {"S3_SECRET": "hush" "hush"}}',
    'url.conf': '[main]\nHOST = https://me:hush@example.com',
  }
  const dir = t.testdir(texts)
  for (const name of Object.keys(texts)) {
    const configFile = join(dir, name)
    const error: unknown = await loadConfig({
      flags: {},
      env: {},
      configFile,
    }).catch((reason: unknown) => reason)
    t.match(error, { code: 'config', message: configFile }, name)
    const { message, hint } = error as { message: string; hint?: string }
    t.notMatch(`${message} ${hint ?? ''}`, /hush/, name)
  }
})

void t.test('compressors', async (t) => {
  const configFile = join(
    t.testdir({
      z: '[compressor:own]\nCOMPRESS=a -c\nDECOMPRESS=a -d\n[fs:tank]\nCOMPRESSOR=own',
    }),
    'z',
  )
  const loaded = await loadConfig({ flags: {}, env: {}, configFile })
  const names = ['pigz1', 'pigz4', 'gzip', 'zstd', 'lz4', 'xz']
  t.same([...loaded.compressors.keys()], [...names, 'own'])
  t.match(loaded.compressors.get('own'), {
    compress: { file: 'a', args: ['-c'] },
    decompress: { file: 'a', args: ['-d'] },
  })
  const tank = loaded.forDataset('tank')
  t.equal(tank.settings.COMPRESSOR, 'own')
  t.equal(tank.compressors, loaded.compressors)
  t.same([...(await loadConfig(nothing)).compressors.keys()], names)
  const compressor = async (flag: string | undefined, env: string) =>
    (
      await loadConfig({
        flags: { COMPRESSOR: flag },
        env: { COMPRESSOR: env },
        configFile,
      })
    ).settings.COMPRESSOR
  t.equal(await compressor('own', 'nope'), 'own')
  t.equal(await compressor(undefined, 'own'), 'own')
  const allowed = `allowed: none, ${names.join(', ')}, gpg, own`
  await t.rejects(compressor('zst', 'own'), {
    code: 'usage',
    message: `--compressor: 'zst' is not a compressor (did you mean zstd? ${allowed})`,
    hint: 'Correct the command line; --help shows the values of each option.',
  })
  await t.rejects(compressor(undefined, 'nope'), {
    code: 'config',
    message: `environment variable COMPRESSOR: 'nope' is not a compressor (did you mean none? ${allowed})`,
  })
  await t.rejects(loadConfig({ ...nothing, flags: { COMPRESSOR: 'own' } }), {
    code: 'usage',
    message: /^--compressor: 'own' is not a compressor/,
  })
})

void t.test('a broken section is reported before the flag', async (t) => {
  const configFile = join(t.testdir({ z: '[compressor:own]\nCOMPRESS=a\nDECOMPRES=b' }), 'z')
  await t.rejects(
    loadConfig({
      flags: { COMPRESSOR: 'own' },
      env: { COMPRESSOR: 'x' },
      configFile,
    }),
    {
      code: 'config',
      message: [
        `2 problems in ${configFile}`,
        `  ${configFile}:1: [compressor:own] has no DECOMPRESS (needed: COMPRESS and DECOMPRESS)`,
        `  ${configFile}:3: unknown key 'DECOMPRES' in [compressor:own] (did you mean DECOMPRESS?)`,
      ].join('\n'),
      hint: 'Correct these lines.',
    },
  )
})

void t.test('empty values of a file', async (t) => {
  const text = `[main]
BUCKET=
S3_KEY_ID=
S3_SECRET=
COMPRESSOR=gpg
CONCURRENCY=64
[fs:tank]
COMPRESSOR=
CHUNK_SIZE=
`
  const configFile = join(t.testdir({ 'z3.conf': text }), 'z3.conf')
  const env = {
    BUCKET: 'abc',
    S3_KEY_ID: 'id',
    S3_SECRET: 'secret',
    CHUNK_SIZE: '5M',
  }
  const loaded = await loadConfig({ flags: {}, env, configFile })
  t.match(loaded.settings, { BUCKET: 'abc', S3_KEY_ID: 'id' })
  t.equal(loaded.forDataset('tank').settings.COMPRESSOR, 'gpg')
  t.equal(
    (await loadConfig({ flags: { BUCKET: 'flag' }, env, configFile })).settings.BUCKET,
    'flag',
  )
  const { BUCKET, CHUNK_SIZE, ...others } = env
  const what = 'empty value (omit the setting to leave it unset)'
  await t.rejects(loadConfig({ flags: {}, env: others, configFile }), {
    code: 'config',
    message: [
      `2 problems in ${configFile}`,
      `  ${configFile}:2: BUCKET in [main]: ${what}`,
      `  ${configFile}:9: CHUNK_SIZE in [fs:tank]: ${what}`,
    ].join('\n'),
  })
  const some = { ...others, BUCKET, CHUNK_SIZE, S3_SECRET: '' }
  await t.rejects(loadConfig({ flags: {}, env: some, configFile }), {
    message: new RegExp(`z3.conf:4: S3_SECRET in .main.: empty value`),
  })
})
